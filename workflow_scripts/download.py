"""Fetch an archive."""

from sccbgm.config.sources import OSFSource
from sccbgm.io.logs import logged
from sccbgm.io.osf import OSFClient

with logged(snakemake.log[0]):
    source = OSFSource(**snakemake.params.source, member="")
    client = OSFClient(source.project, source.view_only, source.base_url)
    client.fetch(source.archive, snakemake.output[0])
