"""All tidy rows of the run in one file."""

from sccbgm.benchmark.evaluate import collect
from sccbgm.io.files import written_whole
from sccbgm.io.logs import logged

with logged(snakemake.log[0]), written_whole(snakemake.output[0]) as path:
    collect(list(snakemake.input)).to_parquet(path, index=False)
