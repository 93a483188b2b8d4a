"""What the synthetic datasets were generated with, next to the published values."""

from pathlib import Path

from sccbgm.config.run import load_config
from sccbgm.io.logs import logged
from sccbgm.tables.parameters import parameters, write_parameters

with logged(snakemake.log[0]):
    datasets = load_config(snakemake.config).datasets
    table = parameters(datasets, Path(snakemake.input[0]))
    write_parameters(table, Path(snakemake.output[0]).with_suffix(""))
