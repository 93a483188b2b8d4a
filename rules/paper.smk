# Figures and tables of the paper that have a form of their own.


ruleorder: sweep_table > table


# Two methods on every task of a dataset, with paired tests (Fig. 13).
rule pair_figure:
    input:
        metrics=metrics_of("figures", "{figure}"),
    output:
        f"{RESULTS}/figures/{{figure}}.pdf",
        report(
            f"{RESULTS}/figures/{{figure}}.png",
            caption="../report/pair_figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{RESULTS}/logs/figures/{{figure}}.log",
    wildcard_constraints:
        figure=ids_drawn_as("pairs"),
    conda:
        ENV
    resources:
        mem_mb=4000,
        runtime=10,
    script:
        "../workflow_scripts/pair_figure.py"


# The settings of a sweep, best first (Fig. 8).
rule sweep_table:
    input:
        metrics=metrics_of("tables", "sweep_{swept}"),
    output:
        f"{RESULTS}/tables/sweep_{{swept}}.csv",
        f"{RESULTS}/tables/sweep_{{swept}}.md",
        report(
            f"{RESULTS}/tables/sweep_{{swept}}.html",
            caption="../report/sweep.rst",
            category="Tables",
            labels={"table": "sweep_{swept}"},
        ),
    log:
        f"{RESULTS}/logs/tables/sweep_{{swept}}.log",
    wildcard_constraints:
        swept="[a-z0-9_]+",
    conda:
        ENV
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../workflow_scripts/sweep_table.py"
