"""Scores on double perturbations, next to the published ones."""

from pathlib import Path

import pandas as pd

from sccbgm.io.logs import logged
from sccbgm.tables.norman import norman_table

with logged(snakemake.log[0]):
    files = snakemake.input
    table = norman_table(pd.read_csv(files.summary), Path(files.published))
    table.write(Path(snakemake.output[0]).with_suffix(""))
