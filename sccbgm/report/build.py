"""Gathers the content of a run's report from the files that the run has made."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from sccbgm.protocol.method import Method
from sccbgm.report.findings import claims_table, examine
from sccbgm.report.numbers import Analyses
from sccbgm.report.page import PaperSheets, Report, ReportFigure
from sccbgm.report.paper import RULE, Facts, headline, summary, verdicts
from sccbgm.report.sheet import (
    ReportTable,
    frame_sheet,
    numbers_sheet,
    report_table,
    standing_sheet,
    with_rows,
)
from sccbgm.tables.assemble import build
from sccbgm.tables.fits import ORIGIN, PLACE, fit_table
from sccbgm.tables.names import Names
from sccbgm.tables.standing import sentences, standing
from sccbgm.tables.table import Table

STANDING = (
    "Where the methods stand",
    "Of each dataset the metric that sums it up. Score: 0 is doing nothing (the floor), 1 one half "
    "of the real target against the other (the ceiling), not clipped; its interval of 95 % "
    "resamples questions and seeds. Than: a paired sign-flip test on the same questions against "
    "the method named, and one against no edit, p adjusted for all comparisons with it (Holm); "
    "what is not shown may still differ.",
)
FIGURES = {
    "metric": "Every run is a dot; lines are controls, open marks published values.",
    "umap": "Real and edited cells of one task in one embedding.",
    "boxes": "Runs as boxes: quartiles and median, whiskers to 1.5 interquartile ranges.",
    "cells": "Generated cells by their annotations.",
    "ranks": "Mean ranks over questions; bars join what is not told apart.",
    "conditions": "Every question against what its task is like.",
    "checks": "What an edit leaves as it was and what it changes; a grey line is a perfect edit.",
    "calibration": "Seeds as an ensemble: coverage of intervals, and spread against error.",
    "cost": "Quality against seconds a model; the area of a dot is peak memory.",
    "adversaries": "Predictions that are wrong on purpose, between no edit (0) and the truth (1).",
}
"""Start of a figure's id -> its caption."""


@dataclass(frozen=True)
class StudyRows:
    """A study of a run: its tidy rows, its methods by id, the ids of its tables of rows.

    compared: id of a table that compares methods -> its dataset and metric, "" for all.
    """

    rows: pd.DataFrame
    methods: Mapping[str, Method]
    tables: Sequence[str]
    compared: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class RunContent:
    """The data of a finished or partly failed run.

    fits: the cost of every shard (`tables.fits.read_fits`). status: the content of status.json.
    config: as Snakemake has it. warnings: dataset -> what of its cells is not as its file says.
    leaks: dataset -> what of its preparation has seen held-out cells.
    others: id -> the tables that are not made of tidy rows, as they are. words: id -> title and
    caption, of tables and figures that have them. ceilings: scores of real cells. analyses: the
    tidy rows of each analysis and dataset. facts: see `report.paper.verdicts`.
    """

    results: Path
    studies: Mapping[str, StudyRows]
    fits: pd.DataFrame
    status: Mapping[str, Any]
    config: Mapping[str, Any]
    warnings: Mapping[str, Sequence[str]]
    others: Mapping[str, pd.DataFrame]
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    ceilings: pd.DataFrame = field(default_factory=pd.DataFrame)
    leaks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    analyses: Analyses = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The rows of all studies under one index; what several show is there for each."""
        parts = [study.rows.assign(study=id) for id, study in self.studies.items()]
        return pd.concat(parts, ignore_index=True)


def build_report(run: RunContent, figures: Sequence[Path], paper: Path) -> Report:
    """The report of a run. paper: folder of the published csv files."""
    tables = [
        build(table, run.rows[run.rows["study"] == id], paper, study.methods)
        for id, study in run.studies.items()
        for table in study.tables
    ]
    return Report(
        standing=_standing(run),
        title=f"Results of {run.results.name}",
        made=f"Made on {date.today():%d %B %Y} from {run.results}.",
        config=yaml.safe_dump(json.loads(json.dumps(run.config, default=str)), sort_keys=False),
        tables=[*_frames(run), *map(report_table, tables), *_more_tables(run)],
        runs=run.rows,
        figures=[ReportFigure(path.stem, _caption(path.stem, run.words), path) for path in figures],
        reduced=list(_reduced(run.rows)),
        failures=list(_failures(run.status)),
        leaks=[f"{id}: {line}" for id, lines in run.leaks.items() for line in lines],
        warnings=[f"{id}: {line}" for id, lines in run.warnings.items() for line in lines],
        facts=_facts(run),
        jobs=_jobs(run),
        verdicts=_paper(run, tables, paper),
    )


def _standing(run: RunContent) -> ReportTable | None:
    """The first table: every method between floor and ceiling, and what the tests show."""
    parts = []
    for id, study in run.studies.items():
        rows = run.rows[run.rows["study"] == id]
        parts.append(standing(rows, run.ceilings, Names(study.methods)))
    # What several studies show of a dataset is shown once
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if table.empty:
        return None
    table = table.drop_duplicates(["dataset", "metric", "label"])
    notes = [(str(i + 1), text) for i, text in enumerate(sentences(table))]
    return ReportTable("standing", *STANDING, standing_sheet(table), tuple(notes))


def _reduced(rows: pd.DataFrame) -> Iterator[str]:
    """A line for the datasets that are reduced alike."""
    known = rows[["dataset", "reduced"]].astype(str).drop_duplicates()
    for sentence, alike in known[known["reduced"] != ""].groupby("reduced", sort=False):
        yield f"{', '.join(alike['dataset'])}: {sentence}"


def _caption(figure: str, words: Mapping[str, tuple[str, str]]) -> str:
    own = " ".join(filter(None, words.get(figure, ())))
    return own or FIGURES.get(figure.partition("_")[0], "")


def _paper(run: RunContent, tables: Sequence[Table], paper: Path) -> PaperSheets | None:
    """The verdicts, None for a run that shows nothing of the paper."""
    if not run.analyses and not any(table.spec.published for table in tables):
        return None
    numbers = verdicts(tables, paper, run.analyses, run.facts, run.rows)
    counts = summary(numbers)
    return PaperSheets(
        headline(counts),
        RULE,
        frame_sheet("Verdicts by published table", counts),
        numbers_sheet(numbers),
    )


def _frames(run: RunContent) -> Iterator[ReportTable]:
    owners = {id: study for study, content in run.studies.items() for id in content.compared}
    for id, frame in run.others.items():
        sheet = frame_sheet(id, frame)
        if id in owners:
            study = run.studies[owners[id]]
            rows = run.rows[run.rows["study"] == owners[id]]
            for column, wanted in zip(("dataset", "metric"), study.compared[id], strict=True):
                rows = rows[rows[column] == wanted] if wanted else rows
            sheet = with_rows(sheet, rows, Names(study.methods))
        yield ReportTable(id, *run.words.get(id, (id, "")), sheet, ())


def _more_tables(run: RunContent) -> Iterator[ReportTable]:
    claims = claims_table(examine(run.rows, analyses=run.analyses))
    if (claims["verdict"] != "not run").any():
        yield ReportTable(
            "claims",
            "Claims of the paper on these runs",
            "Each sentence is a paired comparison with the question as unit; p-values of a "
            "sign-flip test, adjusted for all claims (Holm). effect: mean difference, of "
            "logarithms where so marked; a negative one means less of the metric. means: of the "
            "first and second side and of controls, on the same questions.",
            frame_sheet("claims", claims),
            (),
        )
    cost = fit_table(run.fits)
    yield ReportTable(
        "fits", "Cost of fitting", "Seconds and peak memory.", frame_sheet("fits", cost), ()
    )


def _failures(status: Mapping[str, Any]) -> Iterator[str]:
    """A line a reason: members that failed, and files that could not be made."""
    files: dict[str, list[str]] = {}
    for item in status.get("unfinished", []):
        files.setdefault(item["reason"], []).append(item["file"])
    for reason, of_reason in files.items():
        more = f" and {len(of_reason) - 1:,} more, which need it or failed alike"
        yield f"{of_reason[0]}{more if len(of_reason) > 1 else ''}: {reason}"
    found: dict[tuple[str, str], int] = {}
    for item in status["failed"]:
        key = item["file"], item["reason"]
        found[key] = found.get(key, 0) + 1
    for (file, reason), n in found.items():
        yield f"{file}: {n} failed: {reason}"


def _facts(run: RunContent) -> list[tuple[str, str]]:
    devices = ", ".join(sorted(run.fits["device"].astype(str).unique()))
    return [
        ("version", importlib.metadata.version("sccbgm")),
        ("members", f"{run.status['members']:,}"),
        ("numbers", f"{run.status['numbers']:,}, {len(run.status['missing']):,} without a value"),
        ("seconds of training and prediction", f"{run.status['seconds']:,.0f}"),
        ("devices", devices),
        ("machine", f"{platform.system()} {platform.machine()}"),
        *_origins(run),
    ]


def _origins(run: RunContent) -> Iterator[tuple[str, str]]:
    """Where the results come from: when they were made, of which cells, with which software."""
    known = run.fits.dropna(subset=list(ORIGIN))
    if len(known):
        yield "predictions made", f"{known['made'].min()} to {known['made'].max()}"
    for dataset, sums in known.groupby("dataset", sort=False)["cells"].unique().items():
        yield f"cells of {dataset} (CRC-32)", ", ".join(sums)
    used = [*known["packages"]]
    for (id, dataset), rows in run.analyses.items():
        if made := rows.attrs:
            used.append(made["packages"])
            words = f"made {made['made']}, cells {made['cells']}, code {made['code']}"
            yield f"analysis {id} of {dataset}", words
    if used:
        yield "packages", _listed(dict(sorted({i for found in used for i in found.items()})))


def _jobs(run: RunContent) -> dict[str, dict[str, Any]]:
    """Path of a shard -> where it is and what it cost."""
    jobs = {}
    for record in run.fits.to_dict("records"):
        path = "/".join(str(record[name]) for name in PLACE)
        jobs[path] = {
            "shard": path,
            "predictions": f"{run.results}/predictions/{path}.h5ad",
            "log of training": f"{run.results}/logs/train/{path}.log",
            "log of evaluation": f"{run.results}/logs/evaluate/{path}.log",
            "members of the job": record["n_members"],
            "seconds of the job": round(record["seconds"], 1),
            "peak memory (MB)": round(record["peak_memory_mb"]),
            "device": record["device"],
            **_origin(record),
        }
    return jobs


def _origin(record: Mapping[Any, Any]) -> dict[str, Any]:
    """Where a job's predictions come from, hyperparameters by variant; nothing of older files."""
    if not isinstance(record["settings"], dict):
        return {}
    return {
        "made": record["made"],
        "cells (CRC-32)": record["cells"],
        "packages": _listed(record["packages"]),
        "hyperparameters": {of: _listed(values) for of, values in record["settings"].items()},
    }


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
