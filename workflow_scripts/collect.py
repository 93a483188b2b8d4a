"""All tidy rows of the run in one file."""

from sccbgm.data.files import written_whole
from sccbgm.evaluate import collect
from sccbgm.logs import logged

with logged(snakemake.log[0]), written_whole(snakemake.output[0]) as path:
    collect(list(snakemake.input)).to_parquet(path, index=False)
