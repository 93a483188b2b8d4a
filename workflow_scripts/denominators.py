"""Distances between the held-out cells and every population of the training cells."""

import pandas as pd
from threadpoolctl import threadpool_limits

from sccbgm.data.loading import load_tasks
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed
from sccbgm.metrics import denominators

with logged(snakemake.log[0]), threadpool_limits(snakemake.threads):
    files, preset = snakemake.input, snakemake.wildcards.preset
    tasks = load_tasks(files.data, files.tasks, files.pca).values()
    table = pd.concat([denominators(task, snakemake.params.metrics, preset) for task in tasks])
    with sealed(snakemake.output[0]) as path:
        table.to_parquet(path, index=False)
