"""The report of a run: one file, everything inside."""

import json
from pathlib import Path

import pandas as pd

from sccbgm.analyses.facts import facts
from sccbgm.benchmark.studies import load_run
from sccbgm.config.comparisons import tables_among, words_of
from sccbgm.config.figure_ids import main_first, words_of_paper
from sccbgm.data.leaks import read_leaks
from sccbgm.data.sizes import read_warnings
from sccbgm.io.logs import logged
from sccbgm.io.seals import verified
from sccbgm.report.build import RunContent, StudyRows, build_report
from sccbgm.report.page import page
from sccbgm.tables.comparisons import read_ceilings
from sccbgm.tables.fits import read_fits
from sccbgm.tables.table import write_text

with logged(snakemake.log[0]):
    run, files, tables = load_run(snakemake.config), snakemake.input, snakemake.params.tables
    cells = {Path(path).stem: Path(path) for path in files.cells}
    others = {Path(path).name.partition(".")[0]: pd.read_csv(path) for path in files.others}
    drawn = {Path(path).stem: Path(path) for path in files.figures}
    metrics = sorted({metric for dataset in run.datasets for metric in run.metrics(dataset)})
    compared = {
        asked.id: ("" if asked.of_all else asked.dataset, asked.metric)
        for asked in tables_among(others, run.datasets, metrics)
        if not asked.form.calibration  # of ensembles, not of rows
    }
    content = RunContent(
        results=run.results,
        studies={
            id: StudyRows(
                rows=pd.read_parquet(verified(path)),
                methods=study.declared,
                tables=[table for table in study.config.tables if table in tables],
                compared={id: of for id, of in compared.items() if id in study.config.tables},
            )
            for (id, study), path in zip(run.studies.items(), files.metrics, strict=True)
        },
        fits=read_fits(map(Path, files.predictions)),
        status=json.loads(Path(files.status).read_text(encoding="utf-8")),
        config=snakemake.config,
        warnings={id: read_warnings(path) for id, path in cells.items()},
        leaks={id: read_leaks(path) for id, path in cells.items()},
        others=others,
        ceilings=read_ceilings(files.ceilings),
        words=words_of(others, run.datasets, metrics) | words_of_paper([*others, *drawn]),
        analyses={
            (Path(path).parent.name, Path(path).stem): pd.read_parquet(verified(path))
            for path in files.analyses
        },
        facts=facts(list(run.studies.values()), cells),
    )
    figures = [drawn[id] for id in main_first(drawn)]
    report = build_report(content, figures, Path(files.published[0]).parent)
    write_text(Path(snakemake.output[0]), page(report))
