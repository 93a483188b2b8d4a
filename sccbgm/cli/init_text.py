"""The words that `sccbgm init` writes and says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import yaml

from sccbgm.config.reading import E_NOTATION, E_STARTS

if TYPE_CHECKING:
    import pandas as pd

    from sccbgm.data.glance import Glance
    from sccbgm.data.proposal import Proposal

SHOWN = 12

ABOUT = {
    "columns": "Columns of obs by what they mean. `labels` joins them to the labels of the tasks.",
    "preprocess": "Which values are taken, how many genes. `matrix` would name a layer, or .raw.",
    "concepts": (
        "What is annotated of a cell, and so can be edited. A column that is left out is hidden\n"
        "from the models; any other column of obs can be added: {kind: one_hot, column: batch}."
    ),
    "tasks": (
        "Each task holds one type in one condition out of the training, edits the type's cells in\n"
        "`intervene` towards it, and compares."
    ),
}
RULE = "Every type with every condition that have `least` cells on both sides: too many to list."


def dataset_text(made: Proposal, notes: Sequence[str]) -> str:
    """The dataset file, with what was guessed as comments."""
    lines = ["# Written by `sccbgm init`. What was found, and why:"]
    lines += [f"#  - {note}" for note in notes]
    content = dict(made.content)
    tasks = dict(content.pop("tasks"))
    lines += _section({key: content.pop(key) for key in ("id", "title", "citation")})
    for key, value in content.items():
        if key in ABOUT:
            lines += ["", *(f"# {line}" for line in ABOUT[key].splitlines())]
        lines += _section({key: value})
    lines += ["", *(f"# {line}" for line in ABOUT["tasks"].splitlines())]
    pairs = tasks.pop("held_out", None)
    if pairs is None:
        lines += [f"# {RULE}", *_section({"tasks": tasks})]
    else:
        lines += [*_section({"tasks": tasks}), "  held_out:", *_pairs(pairs, made.tasks)]
    return "\n".join(lines) + "\n"


def _pairs(pairs: Sequence[dict[str, Any]], tasks: pd.DataFrame) -> list[str]:
    listed = []
    for pair, row in zip(pairs, tasks.itertuples(), strict=True):
        cells = f"{row.n_intervene:,} cells to edit, {row.n_target:,} target cells"
        listed.append(f"    - {_flow(pair)}  # {cells}")
    return listed


def run_text(made: Proposal) -> str:
    """The run file."""
    id, tasks = made.content["id"], made.content["tasks"]
    figures = [f"metric_tasks_rmmd__{id}", f"metric_tasks_energy_gain__{id}"]
    if "held_out" in tasks:
        figures.append(f"umap_{tasks['held_out'][0]['id']}__{id}")
    shift = "- mean_shift"
    if tasks["column"] == "condition":
        shift = "# mean_shift is left out: no training cell is as edited as those it should predict"
    return f"""# A run of the dataset {id}, written by `sccbgm init`.
# What would run, in words, and what is wrong; run it; tables, figures and report:
#   sccbgm check {id}.yaml
#   {_command(f"{id}.yaml")}
#   sccbgm where {id}.yaml
results: results/{id}
datasets: [{id}]
methods: # `sccbgm list methods` has all of them
  - no_edit # the floor: cells as they are
  - target # the ceiling: real target cells
  {shift}
  - ridge
  - sccbgm
  # - sccbgm_fm
seeds: [13, 42]
# The paper's three are ratios, which have no value where another population is as near to the
# target as halves of it are to each other, as after a weak perturbation; energy_gain has one.
metrics: [rmmd, rfid, rsd, energy_gain] # `sccbgm list metrics`
tables:
  - tasks_rmmd__{id}
  - tasks_energy_gain__{id}
  - tasks_rfid__{id}
  - tasks_rsd__{id}
figures: [{", ".join(figures)}]
# A first look, in minutes: every result says that it is reduced, and is in results/{id}_reduced.
# Without this section the run has all cells and tasks, and networks and epochs of the paper's size.
scale: {{cells: 5000, tasks: 4, seeds: 1, epochs: 60, width: 256}}
"""


def spoken(seen: Glance, made: Proposal, notes: Sequence[str], files: Sequence[Path]) -> str:
    """The words on the terminal."""
    lines = [f"{made.content['source']['path']}: {seen.cells.n_obs:,} cells, "
             f"{seen.cells.n_vars:,} genes"]  # fmt: skip
    lines += [f"  {note}" for note in notes]
    tasks = f"{len(made.tasks):,} task{'s' * (len(made.tasks) > 1)}"
    lines += ["", f"{tasks}, with the cells that are edited and those they should become:"]
    for row in made.tasks.head(SHOWN).itertuples():
        what = shorten(", ".join(filter(None, (str(row.type), str(row.condition)))), 60)
        lines.append(f"  {what:40} {row.n_intervene:>7,} -> {row.n_target:,}")
    if len(made.tasks) > SHOWN:
        lines.append(f"  and {len(made.tasks) - SHOWN:,} more")
    dataset, run = files
    lines += [
        "", "written, to be read and changed:", f"  {dataset}", f"  {run}",
        "", "next:", f"  sccbgm check {run}",
        f"  {_command(str(run))}",
    ]  # fmt: skip
    return "\n".join(lines)


def _command(run: str) -> str:
    return f"snakemake --cores 2{snakefile()} --configfile {run}"


def snakefile() -> str:
    """The option that names the workflow, in a folder that has none."""
    from sccbgm.cli.configs import SNAKEFILES
    from sccbgm.config.places import REPOSITORY

    here = any(Path(name).exists() for name in SNAKEFILES)
    return "" if here else f" --snakefile {REPOSITORY / 'Snakefile'}"


def _section(content: Mapping[str, Any]) -> list[str]:
    """Keys in lines; of a section the keys, and what is inside of these in braces."""
    lines: list[str] = []
    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            lines += [f"{key}:", *(f"  {k}: {_flow(v)}" for k, v in value.items())]
        elif isinstance(value, list):
            lines += [f"{key}:", *(f"  - {_flow(item)}" for item in value)]
        else:
            lines.append(f"{key}: {_flow(value)}")
    return lines


def _flow(value: Any) -> str:
    text = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True,
        width=10**6,
    )  # fmt: skip
    return str(text).strip().removesuffix("\n...").strip()


class _Dumper(yaml.SafeDumper):
    """Quotes text that the reader of configurations would take for a number."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Text on one line, with escapes for what is not printed."""
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", E_NOTATION, E_STARTS)
