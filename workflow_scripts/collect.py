"""All tidy rows of the run in one file."""

from sccbgm.benchmark.collect import collect
from sccbgm.benchmark.plan import expand
from sccbgm.config.run import load_config
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed

with logged(snakemake.log[0]), sealed(snakemake.output[0]) as path:
    benchmark, params = load_config(snakemake.config), snakemake.params
    table = collect(benchmark, expand(benchmark), params.versions, params.lost)
    table.to_parquet(path, index=False)
