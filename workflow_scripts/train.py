"""Train the members of a shard and predict."""

from pathlib import Path

from sccbgm.benchmark.studies import load_run
from sccbgm.benchmark.train import ShardFiles, train_shard
from sccbgm.io.logs import logged

with logged(snakemake.log[0]):
    study, shard = load_run(snakemake.config).shards["/".join(snakemake.wildcards)]
    files = ShardFiles(
        data=Path(snakemake.input.data),
        tasks=Path(snakemake.input.tasks),
        pca=Path(snakemake.input.pca),
        stage1=Path(snakemake.input.stage1) if snakemake.input.stage1 else None,
        fit=Path(snakemake.output.fit),
        predictions=Path(snakemake.output.predictions),
        checkpoints=study.results / "checkpoints" / shard.path,
        code=snakemake.params.code,
        asked_mb=snakemake.resources.mem_mb,
    )
    train_shard(study, shard, files, snakemake.threads)
