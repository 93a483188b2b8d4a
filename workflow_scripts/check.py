"""Ask the fits of a shard what predictions alone do not show."""

from pathlib import Path

from sccbgm.benchmark.check_job import CheckFiles, check_shard
from sccbgm.benchmark.studies import load_run
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed

with logged(snakemake.log[0]):
    study, shard = load_run(snakemake.config).shards["/".join(snakemake.wildcards)]
    given = snakemake.input
    stage1 = Path(given.stage1) if given.stage1 else None
    files = CheckFiles(*map(Path, (given.data, given.tasks, given.pca, given.fit)), stage1)
    table = check_shard(study, shard, files, snakemake.params.metrics, snakemake.threads)
    with sealed(snakemake.output[0]) as path:
        table.to_parquet(path, index=False)
