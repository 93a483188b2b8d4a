# Tables and figures that compare methods with each other and with draws of the truth.


ruleorder: comparison_table > table


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
        metrics=lambda wildcards: RUN.ceilings[wildcards.dataset],
        code=lambda wildcards: versions.version("sccbgm.metrics.ceiling", "sccbgm.data.loading"),
    script:
        "../workflow_scripts/ceilings.py"


rule calibration:
    input:
        data=f"{RESULTS}/data/{{dataset}}.h5ad",
        tasks=of_blocks(".json"),
        pca=of_blocks("_pca.h5ad"),
        predictions=lambda wildcards: there(predicted_of(wildcards.dataset)),
    output:
        f"{RESULTS}/calibration/{{dataset}}.parquet",
    log:
        f"{RESULTS}/logs/calibration/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/calibration/{{dataset}}.tsv"
    conda:
        ENV
    threads: RUNTIME.threads
    resources:
        mem_mb=distances_memory,
        runtime=60,
    params:
        code=lambda wildcards: versions.version(
            "sccbgm.benchmark.calibration", "sccbgm.data.loading"
        ),
    script:
        "../workflow_scripts/calibration.py"


rule comparison_table:
    input:
        metrics=metrics_of("tables", "{id}"),
        ceilings=ceilings("table"),
        calibration=calibration("table"),
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
        calibration=calibration("figure"),
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
