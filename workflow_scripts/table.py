"""Fill a table next to its published values."""

from pathlib import Path

import pandas as pd

from sccbgm.io.logs import logged
from sccbgm.tables import build

with logged(snakemake.log[0]):
    metrics = pd.read_parquet(snakemake.input.metrics)
    table = build(snakemake.wildcards.table, metrics, Path(snakemake.input.published[0]).parent)
    table.write(Path(snakemake.output[0]).with_suffix(""))
