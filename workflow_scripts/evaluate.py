"""Score the predictions of a shard."""

from sccbgm.benchmark.evaluate import evaluate_shard
from sccbgm.benchmark.studies import load_run
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed
from sccbgm.metrics.pot import load_numpy_only

load_numpy_only()
with logged(snakemake.log[0]):
    run, path = load_run(snakemake.config), "/".join(snakemake.wildcards)
    study, shard = run.shards[path]
    files = {name: path for name, path in snakemake.input.items() if path}
    code = snakemake.params.code
    denominators = dict(zip(run.scored_as(path), files.pop("denominators"), strict=True))
    config, metrics = study.datasets[shard.dataset], run.metrics(shard.dataset)
    table = evaluate_shard(config, shard, metrics, files, denominators, code, snakemake.threads)
    with sealed(snakemake.output[0]) as path:
        table.to_parquet(path, index=False)
