"""The cost of every fit."""

from pathlib import Path

from sccbgm.io.logs import logged
from sccbgm.tables.fits import read_fits, write_fits

with logged(snakemake.log[0]):
    fits = read_fits(map(Path, snakemake.input))
    write_fits(fits, Path(snakemake.output[0]).with_suffix(""))
