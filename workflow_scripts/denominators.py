"""Distances between the held-out cells and every population of the training cells."""

from threadpoolctl import threadpool_limits

from sccbgm.benchmark.denominators import write_denominators
from sccbgm.data.loading import load_tasks
from sccbgm.io.logs import logged
from sccbgm.metrics.pot import load_numpy_only

load_numpy_only()
with logged(snakemake.log[0]), threadpool_limits(snakemake.threads):
    files, params = snakemake.input, snakemake.params
    tasks = load_tasks(files.data, files.tasks, files.pca)
    written = dict(zip(params.presets, snakemake.output, strict=True))
    write_denominators(tasks, params.metrics, written)
