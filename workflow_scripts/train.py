"""Train the members of a shard and predict."""

from pathlib import Path

from sccbgm.config import load_config
from sccbgm.logs import logged
from sccbgm.plan import find
from sccbgm.run import ShardFiles, train_shard

with logged(snakemake.log[0]):
    benchmark = load_config(snakemake.config)
    shard = find(benchmark, "/".join(snakemake.wildcards))
    files = ShardFiles(
        data=Path(snakemake.input.data),
        tasks=Path(snakemake.input.tasks),
        pca=Path(snakemake.input.pca),
        stage1=Path(snakemake.input.stage1) if snakemake.input.stage1 else None,
        fit=Path(snakemake.output.fit),
        predictions=Path(snakemake.output.predictions),
        checkpoints=benchmark.results / "checkpoints" / shard.path,
    )
    train_shard(benchmark, shard, files, snakemake.threads)
