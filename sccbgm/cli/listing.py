"""The methods, metrics, tables, figures, datasets, studies or keys of files that there are.

Datasets, methods and studies of your own are listed too, where a run would find them: in `config`
of this folder and in the folders of --beside.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

EXAMPLE = "sccbgm list metrics"
Row = tuple[str, str]


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("what", choices=list(LISTS), metavar="WHAT", help=", ".join(LISTS))
    parser.add_argument(
        "--beside", type=Path, nargs="+", default=[], metavar="CONFIG",
        help="files of a run, beside which datasets, methods and studies are looked for as well",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Print a line each: id or key, and what it is."""
    from sccbgm.config.places import config_folders

    rows = list(LISTS[options.what](config_folders(options.beside)))
    width = max((len(id) for id, _ in rows), default=0)
    for id, words in rows:
        print(f"{id:{width}}  {words}".rstrip())
    return 0


def _methods(folders: list[str]) -> Iterator[Row]:
    from sccbgm.config.method import load_method
    from sccbgm.config.places import named
    from sccbgm.methods import registry

    for id in dict.fromkeys((*registry.METHODS, *named(folders, "methods"))):
        method = load_method(id, folders, "list").method
        kind = "adversary" if method.adversary else "control" if method.control else "method"
        modes = ", ".join(method.modes)
        yield id, f"{method.title} ({kind}; {modes})"


def _metrics(folders: list[str]) -> Iterator[Row]:
    from sccbgm.metrics.registry import METRICS

    directions = {"lower": "lower is better", "higher": "higher is better", "none": "no direction"}
    for id, metric in METRICS.items():
        needs = "; needs true counterfactuals" if metric.paired else ""
        yield id, f"{metric.title} ({directions[metric.direction]}{needs})"


def _tables(folders: list[str]) -> Iterator[Row]:
    from sccbgm.config.analyses import OUTPUTS
    from sccbgm.config.comparisons import TABLES, forms
    from sccbgm.tables.catalogue import CATALOGUE

    titles = {id: spec.title.format(metric=spec.metric) for id, spec in CATALOGUE.items()}
    titles |= {id: output.title for id, output in OUTPUTS.items() if output.kind == "table"}
    yield from sorted(titles.items())
    yield "tasks_METRIC__DATASET", "a metric on every task of a dataset"
    yield from zip(forms("table"), (form.title for form in TABLES.values()), strict=True)
    yield "sweep_METRIC__DATASET", "the settings of a sweep, ranked"
    yield "TABLE__DATASET", "a table of the paper on another dataset"


def _figures(folders: list[str]) -> Iterator[Row]:
    from sccbgm.config.analyses import OUTPUTS
    from sccbgm.config.comparisons import FIGURES, forms
    from sccbgm.config.paper_figures import PAPER_FIGURES

    titles = {id: figure.title for id, figure in PAPER_FIGURES.items()}
    titles |= {id: output.title for id, output in OUTPUTS.items() if output.kind == "figure"}
    yield from sorted(titles.items())
    yield "metric_TABLE", "every run of a table as a dot"
    yield "umap_TASK__DATASET", "real and edited cells of a task"
    yield "boxes_METRIC_by_task", "every run in box plots; also _by_noise"
    yield "cells_groups__DATASET", "generated cells by their annotations; also cells_concepts"
    yield from zip(forms("figure"), (form.title for form in FIGURES.values()), strict=True)
    yield "FIGURE__DATASET", "a figure of the paper on another dataset"


def _datasets(folders: list[str]) -> Iterator[Row]:
    from sccbgm.config.dataset import load_dataset_config
    from sccbgm.config.places import named

    for id, path in sorted(named(folders, "datasets").items()):
        config = load_dataset_config(path, folders)
        n = len(config.task_ids)
        tasks = f"{n} task{'' if n == 1 else 's'}" if n else "tasks found in the cells"
        yield id, f"{config.title} ({config.source.kind}; {tasks}; {path})"


def _studies(folders: list[str]) -> Iterator[Row]:
    from sccbgm.config.places import named
    from sccbgm.config.reading import read_yaml

    for id, path in sorted(named(folders, "studies").items()):
        content = read_yaml(path)
        on = content.get("datasets", [f"as {content['base']}"] if "base" in content else [])
        yield id, f"{', '.join(map(str, on))} ({path})"


def _keys(name: str) -> Callable[[list[str]], Iterator[Row]]:
    def listed(folders: list[str]) -> Iterator[Row]:
        from sccbgm.config.pages import keys

        yield from keys(name)

    return listed


LISTS: dict[str, Callable[[list[str]], Iterator[Row]]] = {
    "methods": _methods,
    "metrics": _metrics,
    "tables": _tables,
    "figures": _figures,
    "datasets": _datasets,
    "studies": _studies,
    "run-keys": _keys("run"),
    "dataset-keys": _keys("dataset"),
    "method-keys": _keys("method"),
    "norman-keys": _keys("norman"),
}
