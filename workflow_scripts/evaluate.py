"""Score the predictions of a shard."""

from sccbgm.benchmark.evaluate import evaluate_shard
from sccbgm.benchmark.plan import find
from sccbgm.config.run import load_config
from sccbgm.io.files import written_whole
from sccbgm.io.logs import logged

with logged(snakemake.log[0]):
    benchmark = load_config(snakemake.config)
    shard = find(benchmark, "/".join(snakemake.wildcards))
    files, code = dict(snakemake.input.items()), snakemake.params.code
    table = evaluate_shard(benchmark, shard, files, code, snakemake.threads)
    with written_whole(snakemake.output[0]) as path:
        table.to_parquet(path, index=False)
