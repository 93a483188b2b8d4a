"""Rank the settings of a sweep."""

from pathlib import Path

import pandas as pd

from sccbgm.benchmark.studies import load_run
from sccbgm.config.sweep import grid_points, swept_values
from sccbgm.io.logs import logged
from sccbgm.io.seals import verified
from sccbgm.tables.names import Names
from sccbgm.tables.sweep import sweep_table

with logged(snakemake.log[0]):
    id = f"sweep_{snakemake.wildcards.swept}"
    study = load_run(snakemake.config).making("tables", id)
    config, methods = study.config, study.methods
    dataset = id.partition("__")[2]
    grid = grid_points(config.sweep, config.variants, config.scale.settings)
    settings = swept_values(config.sweep, grid, methods, dataset)
    plain = swept_values(
        config.sweep, [(m, base) for (m, _), base in grid.items()], methods, dataset
    )
    in_use = {point: plain[point[0], base] for point, base in grid.items()}
    metrics = pd.read_parquet(verified(snakemake.input.metrics))
    table = sweep_table(id, metrics, settings, in_use, Names(study.declared))
    table.write(Path(snakemake.output[0]).with_suffix(""))
