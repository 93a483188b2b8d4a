# Tables and figures that compare methods with each other and with draws of the truth.
from sccbgm.config.comparisons import parse as parse_comparison, pattern


ruleorder: comparison_table > table


def asked_comparison(kind, id):
    """The comparison of that id, and the study that makes it."""
    study = RUN.studies[owner(f"{kind}s", id)]
    return parse_comparison(id, kind, study.datasets, study.config.metrics), study


def ceilings(kind):
    """Scores of real cells, for a comparison that needs them, one file a block of its dataset."""

    def paths(wildcards):
        asked, study = asked_comparison(kind, wildcards.id)
        found = blocks(study, asked.dataset) if asked.form.ceilings else ()
        return [f"{RESULTS}/tasks/{asked.dataset}/{block}_ceilings.parquet" for block in found]

    return paths


def costs(wildcards):
    """What fitting cost, for a figure that shows it."""
    asked, _ = asked_comparison("figure", wildcards.id)
    return f"{RESULTS}/tables/fits.csv" if asked.form.costs else []


rule ceilings:
    input:
        data=f"{RESULTS}/data/{{dataset}}.h5ad",
        tasks=f"{RESULTS}/tasks/{{dataset}}/{{block}}.json",
        pca=f"{RESULTS}/tasks/{{dataset}}/{{block}}_pca.h5ad",
        denominators=f"{RESULTS}/tasks/{{dataset}}/{{block}}_denominators_{SCORED_AS[0]}.parquet",
    output:
        f"{RESULTS}/tasks/{{dataset}}/{{block}}_ceilings.parquet",
    log:
        f"{RESULTS}/logs/ceilings/{{dataset}}/{{block}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/ceilings/{{dataset}}/{{block}}.tsv"
    conda:
        ENV
    threads: RUNTIME.threads
    resources:
        mem_mb=distances_memory,
        runtime=240,
    params:
        metrics=lambda wildcards: RUN.metrics(wildcards.dataset),
        code=lambda wildcards: versions.version("sccbgm.metrics.ceiling", "sccbgm.data.loading"),
    script:
        "../workflow_scripts/ceilings.py"


rule comparison_table:
    input:
        metrics=metrics_of("tables", "{id}"),
        ceilings=ceilings("table"),
    output:
        f"{RESULTS}/tables/{{id}}.csv",
        f"{RESULTS}/tables/{{id}}.wide.csv",
        f"{RESULTS}/tables/{{id}}.md",
        report(
            f"{RESULTS}/tables/{{id}}.html",
            caption="../report/comparison.rst",
            category="Tables",
            labels={"table": "{id}"},
        ),
    log:
        f"{RESULTS}/logs/tables/{{id}}.log",
    wildcard_constraints:
        id=pattern("table"),
    conda:
        ENV
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        kind="table",
    script:
        "../workflow_scripts/comparison.py"


rule comparison_figure:
    input:
        metrics=metrics_of("figures", "{id}"),
        ceilings=ceilings("figure"),
        costs=costs,
    output:
        f"{RESULTS}/figures/{{id}}.pdf",
        report(
            f"{RESULTS}/figures/{{id}}.png",
            caption="../report/comparison.rst",
            category="Figures",
            labels={"figure": "{id}"},
        ),
    log:
        f"{RESULTS}/logs/figures/{{id}}.log",
    wildcard_constraints:
        id=pattern("figure"),
    conda:
        ENV
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        kind="figure",
    script:
        "../workflow_scripts/comparison.py"
