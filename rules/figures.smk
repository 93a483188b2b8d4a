# The figures: dots of a table's runs, and the cells of a task.


rule metric_figure:
    input:
        metrics=metrics_of("figures", "metric_{table}"),
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
        data=of_task("data/{dataset}.h5ad"),
        tasks=of_task("tasks/{dataset}/{block}.json"),
        pca=of_task("tasks/{dataset}/{block}_pca.h5ad"),
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
    params:
        printed=lambda wildcards: printed(umap_of(wildcards)[1].dataset),
    script:
        "../workflow_scripts/umap_figure.py"


rule box_figure:
    input:
        metrics=metrics_of("figures", "boxes_{boxes}"),
    output:
        f"{RESULTS}/figures/boxes_{{boxes}}.pdf",
        report(
            f"{RESULTS}/figures/boxes_{{boxes}}.png",
            caption="../report/box_figure.rst",
            category="Figures",
            labels={"figure": "boxes_{boxes}"},
        ),
    log:
        f"{RESULTS}/logs/figures/boxes_{{boxes}}.log",
    conda:
        ENV
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        figure="boxes_{boxes}",
        methods=lambda wildcards: RUN.studies[
            owner("figures", f"boxes_{wildcards.boxes}")
        ].config.methods,
    script:
        "../workflow_scripts/box_figure.py"


rule annotation_figure:
    input:
        generated_cells,
    output:
        f"{RESULTS}/figures/cells_{{kind}}__{{dataset}}.pdf",
        report(
            f"{RESULTS}/figures/cells_{{kind}}__{{dataset}}.png",
            caption="../report/annotation_figure.rst",
            category="Figures",
            labels={"figure": "cells_{kind}__{dataset}"},
        ),
    log:
        f"{RESULTS}/logs/figures/cells_{{kind}}__{{dataset}}.log",
    wildcard_constraints:
        kind="groups|concepts",
    conda:
        ENV
    threads: 1
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        figure="cells_{kind}__{dataset}",
        printed=lambda wildcards: printed(wildcards.dataset),
    script:
        "../workflow_scripts/annotation_figure.py"
