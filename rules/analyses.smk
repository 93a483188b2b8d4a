# What is neither the benchmark's numbers nor a table of them: counts, tasks, hyperparameters, the
# paper's further studies. One file of rows and one of cells an analysis and dataset.


ruleorder: analysis_table > table


rule analysis:
    input:
        cells=analysis_cells,
    output:
        rows=f"{RESULTS}/analyses/{{analysis}}/{{dataset}}.parquet",
        cells=f"{RESULTS}/analyses/{{analysis}}/{{dataset}}.h5ad",
    log:
        f"{RESULTS}/logs/analyses/{{analysis}}/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/analyses/{{analysis}}/{{dataset}}.tsv"
    wildcard_constraints:
        analysis=any_of(analyses_on_the("cpu")),
    conda:
        ENV
    threads: RUNTIME.threads
    resources:
        gpu=lambda wildcards: int(uses_gpu(ANALYSES[wildcards.analysis].methods)),
        mem_mb=analysis_memory,
        runtime=1440,
    params:
        settings=lambda wildcards: analysis_settings(
            analyst(wildcards), wildcards.analysis, wildcards.dataset
        ),
        study=lambda wildcards: analyst(wildcards).study,
        code=lambda wildcards: versions.analysis(analyst(wildcards), ANALYSES[wildcards.analysis]),
    script:
        "../workflow_scripts/analysis.py"


use rule analysis as analysis_gpu with:
    wildcard_constraints:
        analysis=any_of(analyses_on_the("gpu")),


rule analysis_table:
    input:
        rows=analysis_files("table", "parquet"),
        published=PUBLISHED,
        more=PUBLISHED_SETTINGS,
    output:
        f"{RESULTS}/tables/{{id}}.csv",
        f"{RESULTS}/tables/{{id}}.md",
        report(
            f"{RESULTS}/tables/{{id}}.html",
            caption="../report/analysis_table.rst",
            category="Tables",
            labels={"table": "{id}"},
        ),
    log:
        f"{RESULTS}/logs/tables/{{id}}.log",
    wildcard_constraints:
        id=analysed("table"),
    conda:
        ENV
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../workflow_scripts/analysis_table.py"


rule analysis_figure:
    input:
        rows=analysis_files("figure", "parquet"),
        cells=analysis_files("figure", "h5ad"),
    output:
        f"{RESULTS}/figures/{{id}}.pdf",
        report(
            f"{RESULTS}/figures/{{id}}.png",
            caption="../report/analysis_figure.rst",
            category="Figures",
            labels={"figure": "{id}"},
        ),
    log:
        f"{RESULTS}/logs/figures/{{id}}.log",
    wildcard_constraints:
        id=analysed("figure"),
    conda:
        ENV
    threads: 1
    resources:
        mem_mb=8000,
        runtime=60,
    script:
        "../workflow_scripts/analysis_figure.py"
