"""A table or a figure that compares methods."""

from pathlib import Path

import pandas as pd

from sccbgm.benchmark.studies import load_run
from sccbgm.config.comparisons import parse
from sccbgm.figures import comparison_figure, save
from sccbgm.io.logs import logged
from sccbgm.io.seals import verified
from sccbgm.tables.comparisons import build_comparison
from sccbgm.tables.names import Names
from sccbgm.tables.table import write_text

with logged(snakemake.log[0]):
    id, kind = snakemake.wildcards.id, snakemake.params.kind
    study = load_run(snakemake.config).making(f"{kind}s", id)
    asked, names = parse(id, kind, study.datasets, study.config.metrics), Names(study.declared)
    rows = pd.read_parquet(verified(snakemake.input.metrics))
    rows = rows if asked.of_all else rows[rows["dataset"] == asked.dataset]
    given = snakemake.input
    beside = {
        name: pd.concat([pd.read_parquet(verified(path)) for path in paths], ignore_index=True)
        for name, paths in (("ceilings", given.ceilings), ("calibration", given.calibration))
        if paths
    }
    on = {id: dataset.preprocess.selection_on for id, dataset in study.datasets.items()}
    beside["selection"] = pd.DataFrame({"dataset": [*on], "selection_on": [*on.values()]})
    words = asked.title, asked.form.words
    stem = Path(snakemake.output[0]).with_suffix("")
    if kind == "table":
        table = build_comparison(asked.name, asked.metric, rows, beside, words, names)
        table.write(stem)
        write_text(stem.with_suffix(".wide.csv"), table.shown.to_csv(index=False))
    else:
        if given.costs:
            beside["costs"] = pd.read_csv(given.costs)
        save(comparison_figure(asked.name, asked.metric, rows, beside, words, names), stem)
