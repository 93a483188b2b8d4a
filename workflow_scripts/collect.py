"""All tidy rows of the run in one file."""

from sccbgm.benchmark.collect import collect
from sccbgm.benchmark.studies import load_run
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed

with logged(snakemake.log[0]), sealed(snakemake.output[0]) as path:
    run, id = load_run(snakemake.config), snakemake.wildcards.get("study", "")
    shards, params = list(run.scored[id].values()), snakemake.params
    table = collect(run.studies[id], shards, params.versions, params.lost)
    table.to_parquet(path, index=False)
