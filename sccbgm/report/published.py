"""Every number that the paper prints, one after the other."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sccbgm.report.numbers import Key

_NAMES: Mapping[str, tuple[str, ...]] = {
    "table03": ("group", "metric"),
    "table05": ("group", "condition"),
    "table10": ("group", "group2"),
    "table13": ("group", "classifier", "stage"),
    "table14": ("group", "fold"),
}
"""What names a line of a table; method, variant and group for all others."""
_SETTINGS = {"table06": "kang", "table07": "cui", "table08": "nault"}
_PARAMETERS = ("seeds", "epochs", "lr", "z_dim", "beta", "concepts_hp", "lambda_orth", "modes",
               "hidden_dim", "n_layers", "batch_size")  # fmt: skip
TEXT = "text_numbers"
SOURCES = "text_sources.csv"


@dataclass(frozen=True)
class Printed:
    """A printed number.

    key: the table that it stands in and what names it there. text: as printed. spread, note: as in
    the csv files. quantity, method, variant, group, dataset: for people. setting: it is compared
    as a setting, by equality.
    """

    key: Key
    text: str
    dataset: str
    quantity: str
    method: str = ""
    variant: str = ""
    group: str = ""
    spread: str = ""
    note: str = ""
    setting: bool = False

    @property
    def table(self) -> str:
        """The published table, or `TEXT`."""
        return self.key[0]


def published(paper: Path) -> Iterator[Printed]:
    """All printed numbers: Tables 1 to 24 in their order, then those of the text.

    paper: folder of the published csv files. Table 4 is printed once, as Table 5.
    """
    found = [*_tables(paper), *_settings(paper), *_tasks(paper)]
    yield from sorted(found, key=lambda number: number.table)
    yield from _text(paper)


def text_sources(paper: Path) -> dict[Key, tuple[str, str]]:
    """Key of a number of the text -> what answers it ("fact", "rows", "none"), and its name.

    Of "none" the name is the reason.
    """
    return {
        (TEXT, *_of_text(line)): (line["source"], line["name"]) for line in _lines(paper / SOURCES)
    }


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _tables(paper: Path) -> Iterator[Printed]:
    for path in sorted(paper.glob("table*.csv")):
        names = _NAMES.get(path.stem, ("method", "variant", "group"))
        for line in _lines(path):
            if line["mean"]:
                yield _printed((path.stem, *(line[name] for name in names)), line)


def _printed(key: Key, line: Mapping[str, str]) -> Printed:
    names = ("group", "group2", "condition", "classifier", "stage", "fold")
    more = [line.get(f"{name}_label") or line.get(name) or "" for name in names]
    return Printed(
        key=key,
        text=line["mean"],
        dataset=line["dataset"],
        quantity=line["metric"],
        method=line["method_label"] or line["method"],
        variant=line["variant"],
        group=", ".join(filter(None, more)),
        spread=line["spread"],
        note=line["n_note"],
    )


def _settings(paper: Path) -> Iterator[Printed]:
    """The hyperparameters of Tables 6 to 8; of an ablation the key says so."""
    for table, dataset in _SETTINGS.items():
        for line in _lines(paper / f"hyperparameters_{dataset}.csv"):
            ablation = ("ablation", line["method_label"]) if line["purpose"] == "ablation" else ()
            for name in _PARAMETERS:
                if line[name]:
                    key = (table, dataset, line["method"], name, *ablation)
                    yield Printed(
                        key, line[name], dataset, name, line["method_label"], setting=True
                    )


def _tasks(paper: Path) -> Iterator[Printed]:
    for line in _lines(paper / "tasks.csv"):
        if line["n_tasks"]:
            key = ("table09", line["dataset"], line["group"])
            yield Printed(
                key, line["n_tasks"], line["dataset"], "n_tasks", group=line["group_label"]
            )


def _text(paper: Path) -> Iterator[Printed]:
    for line in _lines(paper / f"{TEXT}.csv"):
        yield _printed((TEXT, *_of_text(line)), line)


def _of_text(line: Mapping[str, str]) -> Key:
    return tuple(line[k] for k in ("section", "dataset", "method", "group", "metric", "mean"))
