# The figures: dots of a table's runs, and the cells of a task.
from sccbgm.figure_ids import SUFFIXES as FIGURE_SUFFIXES, TaskUmap, parse_figure


def figures():
    return [f"{RESULTS}/figures/{figure}.png" for figure in BENCHMARK.config.figures]


def edited_cells(wildcards):
    """The predictions of a task by every listed method: the first preset and seed of each."""
    figure = parse_figure(f"umap_{wildcards.task}", BENCHMARK.datasets)
    chosen = {}
    for shard in EVALUATED:
        if shard.dataset == figure.dataset and figure.task in shard.tasks:
            chosen.setdefault(shard.method, f"{RESULTS}/predictions/{shard.path}.h5ad")
    return list(chosen.values())


def task_file(name):
    def path(wildcards):
        figure = parse_figure(f"umap_{wildcards.task}", BENCHMARK.datasets)
        return f"{RESULTS}/{name}".replace("DATASET", figure.dataset)

    return path


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
        data=task_file("data/DATASET.h5ad"),
        tasks=task_file("tasks/DATASET/tasks.json"),
        pca=task_file("tasks/DATASET/pca.h5ad"),
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
