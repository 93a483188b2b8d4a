"""Parameters that generated the synthetic datasets, next to the published values."""

from pathlib import Path

from sccbgm.io.logs import logged
from sccbgm.tables.parameters import parameters, write_parameters

with logged(snakemake.log[0]):
    params = snakemake.params
    table = parameters(params.generated, Path(snakemake.input[0]), params.reduced)
    write_parameters(table, Path(snakemake.output[0]).with_suffix(""))
