"""The report of a run: one file, everything inside."""

import json
from pathlib import Path

import pandas as pd

from sccbgm.analyses.facts import facts
from sccbgm.benchmark.plan import expand
from sccbgm.config.comparisons import words_of
from sccbgm.config.run import load_config
from sccbgm.data.sizes import read_warnings
from sccbgm.io.logs import logged
from sccbgm.io.seals import verified
from sccbgm.report.build import Run, build_report
from sccbgm.report.page import page
from sccbgm.tables.fits import read_fits
from sccbgm.tables.table import write_text

with logged(snakemake.log[0]):
    benchmark, files = load_config(snakemake.config), snakemake.input
    run = Run(
        results=benchmark.results,
        metrics=pd.read_parquet(verified(files.metrics)),
        fits=read_fits(map(Path, files.predictions)),
        status=json.loads(Path(files.status).read_text(encoding="utf-8")),
        members={m: shard.path for shard in expand(benchmark) for m in shard.members},
        config=snakemake.config,
        own=benchmark.declared,
        warnings={Path(path).stem: read_warnings(Path(path)) for path in files.cells},
        analyses={
            (Path(path).parent.name, Path(path).stem): pd.read_parquet(verified(path))
            for path in files.analyses
        },
        facts=facts([benchmark], {Path(path).stem: Path(path) for path in files.cells}),
    )
    figures = [Path(path) for path in files.figures]
    paper = Path(files.published[0]).parent
    others = {Path(path).name.partition(".")[0]: pd.read_csv(path) for path in files.others}
    words = words_of(others, benchmark.datasets, benchmark.config.metrics)
    report = build_report(run, snakemake.params.tables, figures, paper, others, words)
    write_text(Path(snakemake.output[0]), page(report))
