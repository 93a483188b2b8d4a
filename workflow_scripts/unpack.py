"""Take a dataset out of its archive."""

from sccbgm.io.archives import extract
from sccbgm.io.logs import logged

with logged(snakemake.log[0]):
    extract(snakemake.input[0], snakemake.params.member, snakemake.output[0])
