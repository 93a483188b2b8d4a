"""Score the predictions of a shard."""

from sccbgm.benchmark.evaluate import evaluate_shard
from sccbgm.benchmark.plan import find, scored_as
from sccbgm.config.run import load_config
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed

with logged(snakemake.log[0]):
    benchmark = load_config(snakemake.config)
    shard = find(benchmark, "/".join(snakemake.wildcards))
    files, code = dict(snakemake.input.items()), snakemake.params.code
    presets = scored_as(benchmark, shard.method, shard.preset)
    denominators = dict(zip(presets, files.pop("denominators"), strict=True))
    table = evaluate_shard(benchmark, shard, files, denominators, code, snakemake.threads)
    with sealed(snakemake.output[0]) as path:
        table.to_parquet(path, index=False)
