"""Fetch an archive."""

from sccbgm.data.osf import fetch_archive
from sccbgm.data.sources import OSFSource
from sccbgm.logs import logged

with logged(snakemake.log[0]):
    fetch_archive(OSFSource(**snakemake.params.source, member=""), snakemake.output[0])
