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
        f"{RESULTS}/figures/{{figure}}.pdf",
        report(
            f"{RESULTS}/figures/{{figure}}.png",
            caption="../report/umap_figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{RESULTS}/logs/figures/{{figure}}.log",
    wildcard_constraints:
        figure=ids_drawn_as("umap"),
    conda:
        ENV
    threads: 1
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        printed=printed,
    script:
        "../workflow_scripts/umap_figure.py"


rule box_figure:
    input:
        metrics=metrics_of("figures", "{figure}"),
    output:
        f"{RESULTS}/figures/{{figure}}.pdf",
        report(
            f"{RESULTS}/figures/{{figure}}.png",
            caption="../report/box_figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{RESULTS}/logs/figures/{{figure}}.log",
    wildcard_constraints:
        figure=ids_drawn_as("boxes"),
    conda:
        ENV
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        figure="{figure}",
        methods=lambda wildcards: figure_of(wildcards)[0].config.methods,
    script:
        "../workflow_scripts/box_figure.py"


rule annotation_figure:
    input:
        generated_cells,
    output:
        f"{RESULTS}/figures/{{figure}}.pdf",
        report(
            f"{RESULTS}/figures/{{figure}}.png",
            caption="../report/annotation_figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{RESULTS}/logs/figures/{{figure}}.log",
    wildcard_constraints:
        figure=ids_drawn_as("cells"),
    conda:
        ENV
    threads: 1
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        figure="{figure}",
        printed=printed,
    script:
        "../workflow_scripts/annotation_figure.py"
