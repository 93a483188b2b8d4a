"""Make a table of an analysis, next to the published one."""

from pathlib import Path

import pandas as pd

from sccbgm.io.logs import logged
from sccbgm.io.seals import verified
from sccbgm.tables.analysed import build_analysed

with logged(snakemake.log[0]):
    rows = pd.concat(
        [pd.read_parquet(verified(path)) for path in snakemake.input.rows], ignore_index=True
    )
    published = Path(snakemake.input.published[0]).parent
    table = build_analysed(snakemake.wildcards.id, rows, published)
    table.write(Path(snakemake.output[0]).with_suffix(""))
