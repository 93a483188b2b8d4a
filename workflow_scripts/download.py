"""Fetch an archive."""

from sccbgm.config.sources import OSFSource
from sccbgm.io.logs import logged
from sccbgm.io.osf import fetch_archive

with logged(snakemake.log[0]):
    fetch_archive(OSFSource(**snakemake.params.source, member=""), snakemake.output[0])
