"""The seeds of every method as an ensemble."""

from pathlib import Path

from sccbgm.benchmark.calibration import calibrate
from sccbgm.data.loading import load_tasks
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed

with logged(snakemake.log[0]), sealed(snakemake.output[0]) as path:
    given = snakemake.input
    tasks = {}
    for names, basis in zip(given.tasks, given.pca, strict=True):
        tasks |= load_tasks(Path(given.data), Path(names), Path(basis))
    shards = {}
    for file in map(Path, given.predictions):
        shards.setdefault((file.parent.name, file.parent.parent.name), []).append(file)
    calibrate(tasks, shards).to_parquet(path, index=False)
