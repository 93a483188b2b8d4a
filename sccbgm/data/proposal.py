"""A dataset file for cells that nobody has described: what it says, from a guess of the columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.errors import ConfigError, validate
from sccbgm.data.concepts import parts_of
from sccbgm.data.contract import name_faults
from sccbgm.data.control_labels import is_control, says_nothing
from sccbgm.data.derive import distinct_slugs, populations
from sccbgm.data.glance import Glance
from sccbgm.data.guess import Guess
from sccbgm.data.labels import resolve
from sccbgm.data.matrix import content_of
from sccbgm.data.quantities import range_fault, read_numbers
from sccbgm.data.text import as_text, plain

LEAST = 20
"""Cells on both sides of a proposed task."""
MOST_LISTED = 60
"""Tasks that are listed one by one; of more the file has the rule."""
GENES = 3000
YES = {"true", "yes", "1", "1.0"}
"""Labels of treated cells that are no name of a treatment: its column is."""


@dataclass
class Proposal:
    """The content of a dataset file, by section. tasks: a row a task, see `derive.populations`.

    notes: what was chosen and why, a line each, beyond those of the guess.
    """

    content: dict[str, Any]
    tasks: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def propose(seen: Glance, guess: Guess, id: str, path: str, hold_out: str | None) -> Proposal:
    """A dataset file that can be run. hold_out: "type", "donor", "condition", None to choose.

    Raises ConfigError where the cells do not allow a benchmark, with the reason.
    """
    notes: list[str] = []
    of_type = _type_of_tasks(guess, hold_out)
    columns = _columns(guess, of_type)
    column = "type_condition" if of_type else "condition"
    content: dict[str, Any] = {
        "id": id,
        "title": Path(path).stem,
        "citation": "not published",
        "source": {"kind": "file", "path": path},
        "columns": columns,
        "preprocess": _preprocess(seen, columns, guess.control, notes),
        "concepts": _concepts(seen, guess, columns, notes),
        "tasks": {
            "kind": "derived",
            "column": column,
            "denominators": column,
            "intervene": guess.control,
            "edit": ["condition"],
            "least": LEAST,
        },
    }
    doses = [c for c in content["concepts"] if c["kind"] == "log_dose"]
    content["tasks"]["edit"] += [c["name"] for c in doses if c["column"] != "condition"]
    tasks = _tasks(seen, content, guess, of_type is not None, notes)
    return Proposal(content, tasks, notes)


def _type_of_tasks(guess: Guess, hold_out: str | None) -> str | None:
    """The column of the types whose conditions are held out, None for whole conditions."""
    asked = {"type": guess.kind, "donor": guess.donor, "condition": None}
    if hold_out is None:
        return guess.kind or guess.donor
    if hold_out != "condition" and asked[hold_out] is None:
        raise ConfigError(
            f"--hold-out {hold_out}: no column is known for it; name it with --{hold_out}"
        )
    return asked[hold_out]


def _columns(guess: Guess, of_type: str | None) -> dict[str, Any]:
    condition: dict[str, Any] = {"names": [guess.condition]}
    if guess.numbers is not None:
        condition["numbers"] = list(guess.numbers)
    found: dict[str, Any] = {}
    broad = guess.kind or guess.donor
    if broad is not None:
        found["broad"] = {"names": [broad]}
    found["condition"] = condition
    if guess.donor not in (None, broad):
        found["others"] = {"donor": {"names": [guess.donor]}}
    if of_type is not None:
        role = "broad" if of_type == broad else "donor"
        found["labels"] = {"type_condition": [role, "condition"]}
    return found


def role_names(columns: Mapping[str, Any]) -> dict[str, str]:
    """Role -> its column of obs."""
    roles = {key: value for key, value in columns.items() if key not in ("labels", "others")}
    return {role: c["names"][0] for role, c in (roles | columns.get("others", {})).items()}


def _preprocess(
    seen: Glance, columns: Mapping[str, Any], control: str, notes: list[str]
) -> dict[str, Any]:
    settings: dict[str, Any] = _matrix(seen, notes)
    n_genes = seen.cells.n_vars
    settings["n_top_genes"] = GENES if n_genes > GENES else None
    drop: dict[str, list[str | None]] = {}
    for role, name in role_names(columns).items():
        text = as_text(seen.cells.obs[name])
        asked = control if role == "condition" else None
        labels = sorted(x for x in text.dropna().unique() if says_nothing(x) and x != asked)
        n = int(text.isin(labels).sum() + text.isna().sum())
        if n:
            drop[role] = [*labels, *([None] if text.isna().any() else [])]
            which = f", or with {', '.join(map(repr, labels))}," if labels else ""
            untreated = "; if that is what the untreated are called, call them control"
            why = untreated if role == "condition" and labels else ""
            notes.append(f"{n:,} cells without a label{which} in obs[{name!r}] are not used{why}")
    return settings | ({"drop": drop} if drop else {})


def _matrix(seen: Glance, notes: list[str]) -> dict[str, Any]:
    """Which matrix is taken, and as what. Raises ConfigError where none can be used."""
    some, held = seen.some, {}
    if some.X is not None:
        held["X"] = content_of(some.X)
    held |= {key: content_of(values) for key, values in some.layers.items()}
    if some.raw is not None and some.var_names.isin(some.raw.var_names).all():
        held[".raw"] = content_of(some.raw.X)
    words = "; ".join(f"{name} holds {content.words}" for name, content in held.items())
    notes.append(f"matrices, by {some.n_obs:,} cells of the file: {words}")
    counts = [name for name, content in held.items() if content.kind == "counts"]
    if counts:
        known = [name for name in ("X", "counts", "raw", ".raw") if name in counts]
        name = (known or counts)[0]
        notes.append(f"taken: {name}, which holds counts")
        return {"input": "counts"} | ({} if known else {"matrix": name})
    for declared in (False, True):
        for name, content in held.items():
            if content.may_be_logs if declared else content.normalised:
                notes.append(
                    f"taken: {name}, as ln(1 + normalised counts); no matrix holds counts"
                    + (", and the sums of expm1 differ between cells: genes are missing, or it is "
                       "another scale" if declared else "")
                )  # fmt: skip
                return {"input": "lognorm"} | ({} if name == "X" else {"matrix": name})
    raise ConfigError(
        f"no matrix can be used: {words or 'the file has none'}. Put raw counts in X or in a layer"
    )


def _concepts(
    seen: Glance, guess: Guess, columns: Mapping[str, Any], notes: list[str]
) -> list[dict[str, Any]]:
    concepts: list[dict[str, Any]] = []
    if "broad" in columns:
        concepts.append({"kind": "one_hot", "column": "broad"})
    text = as_text(seen.cells.obs[guess.condition])
    labels = [label for label in text.dropna().unique() if not says_nothing(label)]
    others = sorted(label for label in labels if label != guess.control)
    if guess.numbers is not None:
        top = {"column": "condition", "name": "dose", "max": max(guess.numbers)}
        concepts.append({"kind": "log_dose", **top})
    elif guess.separator is not None:
        alone = [guess.control] if guess.separator not in guess.control else []
        none = sorted({*guess.none, *alone})
        parts = {"column": "condition", "separator": guess.separator, "none": none}
        concepts.append({"kind": "parts", **parts})
    elif len(others) == 1:
        name = guess.condition if plain(others[0]) in YES else others[0]
        concepts.append({"kind": "binary", "column": "condition", "one": others[0], "name": name})
    else:
        concepts.append({"kind": "one_hot", "column": "condition"})
    if guess.dose is not None and guess.numbers is None:
        numbers, _ = read_numbers(seen.cells.obs[guess.dose])
        if numbers.max() > 0 and not range_fault(numbers, float(numbers.max())):
            dose = {"column": guess.dose, "name": "dose", "max": float(numbers.max())}
            concepts.append({"kind": "log_dose", **dose})
            notes.append(f"obs[{guess.dose!r}] is a concept beside the condition, edited with it")
    return concepts


def _tasks(
    seen: Glance, content: dict[str, Any], guess: Guess, typed: bool, notes: list[str]
) -> pd.DataFrame:
    """The tasks, which `content` then lists, or has the rule of."""
    path = content["source"]["path"]
    config = validate(DatasetConfig, content, path)
    labels = resolve(seen.cells.obs, config)
    if faults := [*name_faults(seen.cells, config), *labels.faults]:
        raise ConfigError("\n".join(f"{path}: {fault}" for fault in faults))
    found = populations(labels.obs[labels.keep], config)
    controls = sorted(label for label in found["condition"].unique() if is_control(label))
    if controls and guess.numbers is None and guess.separator is None:
        found = found[~found["condition"].isin(controls)]
        content["tasks"]["conditions"] = sorted(found["condition"].unique()) or None
        notes.append(
            f"not held out: {', '.join(map(repr, controls))}, which read as controls too; if "
            "they are one control, give them one label"
        )
    if not typed:
        found = found[_learnable(found["condition"], guess)]
    few = found[["n_target", "n_intervene"]].min(axis=1) < LEAST
    if few.any():
        notes.append(f"{int(few.sum())} of {len(found)} hold-outs have fewer than {LEAST} cells")
    found = found[~few].sort_values(["type", "condition"]).reset_index(drop=True)
    if not len(found):
        raise ConfigError(_why_none(guess, typed))
    names = distinct_slugs(found["type"].where(found["type"] != "", found["condition"]))
    ids = names if not typed else names + "_" + distinct_slugs(found["condition"])
    found = found.assign(id=ids, group=names)
    if len(found) <= MOST_LISTED:
        content["tasks"] |= {"kind": "held_out", "held_out": _pairs(found, typed)}
        for key in ("least", "conditions"):
            content["tasks"].pop(key, None)
    return found


def _learnable(conditions: pd.Series, guess: Guess) -> pd.Series:
    """True for conditions that can be known when no cell in them is trained on."""
    if guess.numbers is not None:
        return pd.Series(True, index=conditions.index)
    if guess.separator is None:
        return pd.Series(False, index=conditions.index)
    parts = {label: set(parts_of([label], guess.separator)) - {*guess.none} for label in conditions}
    seen = Counter(part for own in parts.values() for part in own)
    return conditions.map(
        lambda label: len(parts[label]) > 1 and all(seen[part] > 1 for part in parts[label])
    )


def _why_none(guess: Guess, typed: bool) -> str:
    if typed:
        return (
            f"no type has {LEAST} cells in {guess.control!r} and in another condition; see --type, "
            "--donor, --condition and --control"
        )
    return (
        "one kind of cell, and conditions that have nothing in common: what is held out is then in "
        "no training cell, and no method can know it. Needed: types or donors (--type COLUMN, "
        "--donor COLUMN), doses, or combinations such as 'A+B'"
    )


def _pairs(tasks: pd.DataFrame, typed: bool) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            **({"type": row.type} if typed else {}),
            "targets": [row.condition],
            "group": row.group,
        }
        for row in tasks.itertuples()
    ]
