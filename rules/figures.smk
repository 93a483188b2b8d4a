# The figures: dots of a table's runs, and the cells of a task.


rule metric_figure:
    input:
        metrics=f"{RESULTS}/metrics.parquet",
        published=PUBLISHED,
    output:
        f"{RESULTS}/figures/metric_{{table}}.pdf",
        report(
            f"{RESULTS}/figures/metric_{{table}}.png",
            caption="../report/metric_figure.rst",
            category="Figures",
            labels={"figure": "metric_{table}"},
        ),
    log:
        f"{RESULTS}/logs/figures/metric_{{table}}.log",
    conda:
        ENV
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        figure="metric_{table}",
    script:
        "../workflow_scripts/metric_figure.py"


rule umap_figure:
    input:
        data=of_task("data/DATASET.h5ad"),
        tasks=of_task("tasks/DATASET/tasks.json"),
        pca=of_task("tasks/DATASET/pca.h5ad"),
        predictions=edited_cells,
    output:
        f"{RESULTS}/figures/umap_{{task}}.pdf",
        report(
            f"{RESULTS}/figures/umap_{{task}}.png",
            caption="../report/umap_figure.rst",
            category="Figures",
            labels={"figure": "umap_{task}"},
        ),
    log:
        f"{RESULTS}/logs/figures/umap_{{task}}.log",
    conda:
        ENV
    threads: 1
    resources:
        mem_mb=8000,
        runtime=60,
    script:
        "../workflow_scripts/umap_figure.py"
