"""Fetch the cells of a double-perturbation experiment."""

from sccbgm.config.norman import ArchiveSource
from sccbgm.io.logs import logged
from sccbgm.norman.prepare import download

with logged(snakemake.log[0]):
    download(ArchiveSource(**snakemake.params.source), snakemake.output[0])
