"""Fetch the archive of a double-perturbation experiment: resumed where it broke off."""

from pathlib import Path

from sccbgm.io.logs import logged
from sccbgm.io.transfer import Http

with logged(snakemake.log[0]):
    Http().download(snakemake.params.url, Path(snakemake.output[0]), None, {})
