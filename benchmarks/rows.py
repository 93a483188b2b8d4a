"""Seconds and gigabytes from tidy rows to tables, figures and the report.

    python -m benchmarks.rows --rows 1000000 --folder rows_files \
        --out benchmarks/results/rows-NAME.json

The rows are those of Kang's study with as many seeds as it takes, their values drawn. Each stage
does what its job of the workflow does, in a process of its own, whose peak memory is reported.
"""

from __future__ import annotations

import argparse
import multiprocessing
from pathlib import Path

import pandas as pd
import yaml

from benchmarks.scale import add, timed
from sccbgm.benchmark import versions
from sccbgm.benchmark.collect import collect, rows_file
from sccbgm.benchmark.evaluate import CODE
from sccbgm.benchmark.status import run_status
from sccbgm.benchmark.studies import Run, load_run
from sccbgm.config.places import REPOSITORY
from sccbgm.config.run import merged
from sccbgm.figures import comparison_figure, metric_figure, save
from sccbgm.io.seals import sealed, verified
from sccbgm.metrics.tidy import COLUMNS
from sccbgm.protocol.keys import generator
from sccbgm.report.build import RunContent, StudyRows, build_report
from sccbgm.report.page import page
from sccbgm.tables import build
from sccbgm.tables.comparisons import build_comparison
from sccbgm.tables.fits import read_fits
from sccbgm.tables.names import Names
from sccbgm.tables.table import write_text

PAPER = REPOSITORY / "resources/paper"
ROWS_A_SEED = 3_860
"""Of Kang's study, about."""
TABLES = ["tasks_rmmd__many", "tasks_rfid__many", "tasks_rsd__many"]


class Place:
    """A folder with the run of one study whose rows are drawn."""

    def __init__(self, folder: Path, n_rows: int) -> None:
        self.folder, self.n_rows = folder / str(n_rows), n_rows
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def run(self) -> Run:
        """Kang's study with the seeds that make so many rows."""
        dataset = {"id": "many", "base": "kang", "seeds": list(range(self.n_rows // ROWS_A_SEED))}
        path = self.folder / "datasets/many.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(dataset), encoding="utf-8")
        own = {
            "folders": [str(self.folder)],
            "results": str(self.folder),
            "datasets": ["many"],
            "tables": [*TABLES, "paired_rmmd__many"],
            "figures": ["metric_tasks_rmmd__many", "ranks_rmmd__many"],
        }
        path = self.folder / "own.yaml"
        path.write_text(yaml.safe_dump(own), encoding="utf-8")
        return load_run(merged([REPOSITORY / "config/studies/kang.yaml", path]))

    @property
    def rows(self) -> pd.DataFrame:
        """What is collected."""
        return pd.read_parquet(verified(self.folder / "metrics.parquet"))


def _versions(run: Run) -> dict[str, list[str]]:
    (study,) = run.studies.values()
    known = versions.evaluation()
    return {id: [versions.training(study, id), known] for id in study.methods}


def draw(place: Place) -> None:
    """A file of rows a shard."""
    run = place.run
    ((id, study),) = run.studies.items()
    shards = list(run.scored[id].values())
    empty = collect(study, shards, _versions(run), dict.fromkeys(run.scored[id], "not drawn"))
    rng = generator("rows", place.n_rows)
    drawn = empty.assign(value=rng.lognormal(0, 0.5, len(empty)), reason="")
    for cells in ("n_train", "n_intervene", "n_target", "n_predicted"):
        drawn[cells] = 1000
    for path, rows in drawn.groupby("shard"):
        shard = run.scored[id][str(path)]
        file = rows_file(run.results, shard)
        file.parent.mkdir(parents=True, exist_ok=True)
        with sealed(file) as beside:
            rows[[*COLUMNS, *CODE]].to_parquet(beside, index=False)


def collected(place: Place) -> None:
    """As workflow_scripts/collect.py."""
    run = place.run
    ((id, study),) = run.studies.items()
    with sealed(place.folder / "metrics.parquet") as path:
        rows = collect(study, list(run.scored[id].values()), _versions(run), {})
        rows.to_parquet(path, index=False)


def tables(place: Place) -> None:
    """As workflow_scripts/table.py, one after the other."""
    (study,) = place.run.studies.values()
    rows = place.rows
    for id in TABLES:
        build(id, rows, PAPER, study.declared).write(place.folder / id)


def comparisons(place: Place) -> None:
    """As workflow_scripts/comparison.py: the paired tests."""
    (study,) = place.run.studies.values()
    words, names = ("Paired", ""), Names(study.declared)
    empty = pd.DataFrame()
    table = build_comparison("paired", "rmmd", place.rows, empty, words, names)
    table.write(place.folder / "paired_rmmd__many")


def figures(place: Place) -> None:
    """As workflow_scripts/metric_figure.py and comparison.py: every run a dot, and ranks."""
    (study,) = place.run.studies.values()
    table = build(TABLES[0], place.rows, PAPER, study.declared)
    save(metric_figure(table), place.folder / "metric_tasks_rmmd__many")
    words, names = ("Ranks", ""), Names(study.declared)
    beside = {"ceilings": pd.DataFrame(), "costs": pd.DataFrame()}
    figure = comparison_figure("ranks", "rmmd", place.rows, beside, words, names)
    save(figure, place.folder / "ranks_rmmd__many")


def report(place: Place) -> None:
    """As workflow_scripts/page.py, without cells and figures."""
    run = place.run
    ((id, study),) = run.studies.items()
    rows = {id: StudyRows(place.rows, study.declared, TABLES)}
    status = run_status([place.folder / "metrics.parquet"], [], {})
    content = RunContent(run.results, rows, read_fits([]), status, {}, {}, {})
    write_text(place.folder / "report.html", page(build_report(content, [], PAPER)))


STAGES = (draw, collected, tables, comparisons, figures, report)


def main() -> None:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="+", type=int, default=[1_000_000])
    parser.add_argument("--stages", nargs="+", choices=[stage.__name__ for stage in STAGES])
    parser.add_argument("--folder", type=Path, required=True, help="where the files are kept")
    parser.add_argument("--out", type=Path, required=True, help="JSON file, added to")
    arguments = parser.parse_args()
    for n_rows in arguments.rows:
        place = Place(arguments.folder, n_rows)
        for stage in STAGES:
            if stage.__name__ in (arguments.stages or [stage.__name__]):
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    add(arguments.out, {"rows": n_rows} | pool.apply(timed, (stage, place)))


if __name__ == "__main__":
    main()
