"""The tables of the analyses, next to the published ones: Tables 4 to 10, 13 and 14 of the paper.

Each builder gets the tidy rows of its analysis and the folder of the published csv files.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from sccbgm.tables.plain import NOTHING, PlainTable
from sccbgm.tables.spec import slug

Builder = Callable[[str, pd.DataFrame, Path], PlainTable]
HYPERPARAMETERS = {"table06": "kang", "table07": "cui", "table08": "nault"}
FEW_CELLS = 20


def build_analysed(id: str, rows: pd.DataFrame, published: Path) -> PlainTable:
    """The table of that id, with or without `__DATASET`."""
    base, _, dataset = id.partition("__")
    table = _BUILDERS[base](base, rows, published)
    if not dataset:
        return table
    values = vars(table) | {"title": f"{table.title} [shape of {base}, dataset {dataset}]"}
    return PlainTable(**values)


def _records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.to_dict("records")


def _reduced(rows: pd.DataFrame) -> str:
    return " ".join(dict.fromkeys(filter(None, rows["reduced"].astype(str))))


def _published(path: Path, keys: list[str]) -> pd.DataFrame:
    """Columns `keys` as text, and `published`, `published_spread`."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    numbers = {"published": table["mean"], "published_spread": table["spread"]}
    return table[keys].assign(**{k: pd.to_numeric(v) for k, v in numbers.items()})


def _summary(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Mean, sample standard deviation, number and cells of the values by some columns."""
    of = rows.groupby(keys, sort=False, observed=True)
    table = of["value"].agg(["mean", "std", "count"]).rename(columns={"std": "sd", "count": "n"})
    reasons = of["reason"].agg(lambda r: "; ".join(dict.fromkeys(filter(None, r))))
    return table.assign(n_cells=of["n_cells"].max(), reason=reasons).reset_index()


def _joined(ours: pd.DataFrame, theirs: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Ours beside theirs, by labels whose spelling may differ; what either lacks is empty."""
    by = [f"_{key}" for key in keys]
    left = ours.assign(**{f"_{key}": ours[key].astype(str).map(slug) for key in keys})
    right = theirs.assign(**{f"_{key}": theirs[key].map(slug) for key in keys})
    both = left.merge(right.drop(columns=keys), on=by, how="outer", sort=False)
    for key in keys:
        both[key] = both[key].fillna(both[f"_{key}"])
    return both.drop(columns=by)


def _counts(base: str, rows: pd.DataFrame, published: Path) -> PlainTable:
    theirs = _published(published / "table05.csv", ["group", "condition"])
    both = _joined(rows, theirs, ["group", "condition"])
    shown = pd.DataFrame({"Cell type": list(dict.fromkeys(both["group"]))})
    for condition in dict.fromkeys(both["condition"]):
        here = both[both["condition"] == condition].set_index("group")
        for name, column in (("value", ""), ("published", " (paper)")):
            shown[f"{condition}{column}"] = shown["Cell type"].map(here[name])
    digits = dict.fromkeys(shown.columns[1:], 0)
    total = {"Cell type": "All", **{name: shown[name].sum(min_count=1) for name in digits}}
    shown = pd.concat([shown, pd.DataFrame([total])], ignore_index=True)
    caption = (
        "Cells of each subtype that are kept, by condition. The paper prints this table once, "
        "under the captions of Tables 4 and 5."
    )
    return PlainTable("Cells by subtype and condition", caption, shown, both, digits,
                      reduced=_reduced(rows))  # fmt: skip


def _hyperparameters(base: str, rows: pd.DataFrame, published: Path) -> PlainTable:
    paper = HYPERPARAMETERS[base]
    path = published / f"hyperparameters_{paper}.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    printed = {r["method"]: r for r in _records(table) if r["purpose"] != "ablation"}
    names = list(dict.fromkeys(map(str, rows["metric"])))
    keys = ["method", "title", "preset", "variant"]
    lines, data = [], []
    for key, part in rows.groupby(keys, sort=False):
        method, title, preset, variant = map(str, key)
        ours = {str(r["metric"]): str(r["value"]) for r in _records(part)}
        theirs = printed.get(method)
        differs = {n: theirs is not None and not same_setting(ours[n], theirs[n]) for n in names}
        label = {"Method": title, "Run": " ".join(n for n in (preset, variant) if n != "default")}
        lines.append(
            label | {n: f"{ours[n] or NOTHING} *" if differs[n] else ours[n] for n in names}
        )
        if theirs is not None:
            lines.append({"Method": "", "Run": "paper"} | {n: theirs[n] for n in names})
        known = {"method": method, "preset": preset, "variant": variant}
        for n in names:
            printed_value = "" if theirs is None else theirs[n]
            row = {"parameter": n, "value": ours[n], "published": printed_value}
            data.append(known | row | {"differs": differs[n]})
    notes = [
        "* differs from the paper. beta, concepts_hp, lambda_orth and z_dim of a two-stage method "
        "are its first stage's; epochs and lr its second's."
    ]
    ran = set(rows["method"])
    notes += [
        f"{r['method_label']}: {r['note']}" for m, r in printed.items() if m in ran and r["note"]
    ]
    caption = (
        f"Settings of every trained method of the run, by the names of the paper's Table "
        f"{int(base[-2:])}. z_dim is latent_dim, concepts_hp is lambda_concept, lambda_orth is "
        "lambda_orthogonality."
    )
    shown = pd.DataFrame(lines, columns=["Method", "Run", *names])
    columns = ["method", "preset", "variant", "parameter", "value", "published", "differs"]
    return PlainTable("Hyperparameters", caption, shown, pd.DataFrame(data, columns=columns),
                      notes=tuple(notes), reduced=_reduced(rows))  # fmt: skip


def same_setting(ours: str, theirs: str) -> bool:
    """Whether two settings are equal, as numbers or as sets of words; a dash equals nothing set.

    `guided` is the paper's name of `decode` in Table 8.
    """
    if not theirs:
        return True
    try:
        return float(ours or "nan") == float(theirs)
    except ValueError:
        return set(ours.split(";")) == set(theirs.replace("guided", "decode").split(";"))


def _tasks(base: str, rows: pd.DataFrame, published: Path) -> PlainTable:
    keys = ["dataset", "group"]
    of = rows.groupby(keys, sort=False)
    shown = of.agg(
        reference_state=("reference_state", "first"),
        target_state=("target_state", lambda v: ", ".join(dict.fromkeys(v))),
        n_tasks=("value", "sum"),
        n_intervene=("n_intervene", lambda v: ", ".join(map(str, v))),
        n_target=("n_target", lambda v: ", ".join(map(str, v))),
    ).reset_index()
    table = pd.read_csv(published / "tasks.csv", dtype=str, keep_default_na=False)
    table = table[(table["source"] == "table9") & (table["dataset"] != "all")]
    counted = {(r["dataset"], r["group"]): float(r["n_tasks"]) for r in _records(table)}
    nothing = float("nan")
    shown["paper"] = [counted.get((r["dataset"], r["group"]), nothing) for r in _records(shown)]
    total = {
        "dataset": "All",
        "n_tasks": shown["n_tasks"].sum(),
        "paper": shown["paper"].sum(min_count=1),
    }
    shown = pd.concat([shown, pd.DataFrame([total])], ignore_index=True).fillna(
        {"group": "", "reference_state": "", "target_state": "", "n_intervene": "", "n_target": ""}
    )
    names = ["Dataset", "Cell group", "From", "To", "Tasks", "Cells edited", "Target cells",
             "Tasks (paper)"]  # fmt: skip
    shown.columns = pd.Index(names)
    shown = shown[[*names[:5], names[7], *names[5:7]]]
    caption = (
        "What is edited to what: a task is one population of cells and one target. The paper's "
        "Table 9 lists six tasks of Nault et al. (B cells, T cells, macrophages at two doses), its "
        "Tables 21 to 23 report seven cell types at two doses, which are run here."
    )
    notes = tuple(
        f"{r['dataset']}, {r['task']}: {r['n_intervene']} cells edited, {r['n_target']} target "
        f"cells: fewer than {FEW_CELLS}, its numbers are noisy."
        for r in _records(rows)
        if min(r["n_intervene"], r["n_target"]) < FEW_CELLS
    )
    return PlainTable("Tasks", caption, shown, rows, {"Tasks": 0, "Tasks (paper)": 0}, notes,
                      _reduced(rows))  # fmt: skip


def _misclassification(base: str, rows: pd.DataFrame, published: Path) -> PlainTable:
    keys = ["group", "group2"]
    ours = _summary(rows, keys)
    theirs = _published(published / "table10.csv", keys).dropna(subset="published")
    # Printed twice, above and below the diagonal; ours are pairs.
    both = _joined(pd.concat([ours, ours.rename(columns={"group": "group2", "group2": "group"})]),
                   theirs, keys)  # fmt: skip
    pairs = _records(both)
    names = list(dict.fromkeys([*ours["group"], *ours["group2"], *both["group"]]))
    cells = {(r["group"], r["group2"]): (r["mean"], r["published"]) for r in pairs}

    def text(a: str, b: str) -> str:
        if a == b:
            return ""
        mean, paper = cells.get((a, b), (float("nan"),) * 2)
        said = ["–" if pd.isna(x) else f"{x:.2f}" for x in (mean, paper)]
        return f"{said[0]} ({said[1]})"

    shown = pd.DataFrame({"Cell type": names} | {b: [text(a, b) for a in names] for b in names})
    first = both[[names.index(r["group"]) < names.index(r["group2"]) for r in pairs]]
    notes = [f"{r['group']}, {r['group2']}: {r['reason']}" for r in _records(ours) if r["reason"]]
    caption = (
        "Percent of cells that logistic regression on the 50 leading principal components takes "
        "for the other type of a pair, mean over 5 stratified folds; in brackets the paper."
    )
    return PlainTable("Pairwise misclassification of cell types", caption, shown, first,
                      notes=tuple(notes), reduced=_reduced(rows))  # fmt: skip


def _scores(base: str, rows: pd.DataFrame, published: Path) -> PlainTable:
    keys = ["group", "classifier", "stage"]
    ours = _summary(rows[rows["metric"] == "mean_classifier_score"], keys)
    both = _joined(ours, _published(published / "table13.csv", keys), keys)
    shown = pd.DataFrame({"Cell type": list(dict.fromkeys(both["group"]))})
    for classifier, title in (("cell_type", "type"), ("stim", "stimulus")):
        for stage in ("before", "after"):
            here = both[(both["classifier"] == classifier) & (both["stage"] == stage)]
            here = here.set_index("group")
            shown[f"{title}, {stage}"] = shown["Cell type"].map(here["mean"])
            shown[f"{title}, {stage} (paper)"] = shown["Cell type"].map(here["published"])
    cells = both.groupby("group", sort=False)["n_cells"].max()
    shown["Test cells"] = shown["Cell type"].map(cells)
    caption = (
        "Mean probability that a logistic regression of the training cells gives unseen control "
        "cells of each type: of their own type against the rest, and of the stimulus; before and "
        "after scCBGM, trained with the stimulus as its one concept, edits them to stimulated. "
        + _runs(ours)
    )
    return PlainTable("Concept leakage: classifier scores", caption, shown, both,
                      {"Test cells": 0}, _reasons(ours), _reduced(rows))  # fmt: skip


def _auroc(base: str, rows: pd.DataFrame, published: Path) -> PlainTable:
    titles = {"stim_in_known": "stimulus known", "stim_in_unknown": "stimulus not known"}
    rows = rows[rows["metric"] == "auroc"]
    ours = _summary(rows.assign(fold=rows["fold"].astype(int).astype(str)), ["group", "fold"])
    whole = _summary(rows, ["group"]).assign(fold="mean")
    ours = pd.concat([ours, whole], ignore_index=True)
    both = _joined(
        ours, _published(published / "table14.csv", ["group", "fold"]), ["group", "fold"]
    )
    folds = [fold for fold in dict.fromkeys(both["fold"]) if fold not in ("0", "mean")] + ["mean"]
    shown = pd.DataFrame({"Fold": folds})
    for group, title in titles.items():
        here = both[both["group"] == group].set_index("fold")
        shown[title] = shown["Fold"].map(here["mean"])
        shown[f"{title}, SD"] = shown["Fold"].map(here["sd"])
        shown[f"{title} (paper)"] = shown["Fold"].map(here["published"])
        shown[f"{title} (paper), SD"] = shown["Fold"].map(here["published_spread"])
    n = int(whole["n_cells"].max())
    caption = (
        "Area under the ROC curve of a logistic regression that tells stimulated from control "
        "cells by scCBGM's unknown units, 5 stratified folds of the test cells, for a model with "
        f"the stimulus among its known concepts and one without it; 0.5 is chance. {n} cells. SD: "
        f"of a fold over seeds, of the mean over folds and seeds. {_runs(ours[ours.fold == '1'])}"
    )
    return PlainTable("Concept leakage: the stimulus in the unknown units", caption, shown, both,
                      notes=_reasons(ours), reduced=_reduced(rows))  # fmt: skip


def _runs(summary: pd.DataFrame) -> str:
    n = sorted(set(summary["n"].astype(int)))
    return f"Mean over {' to '.join(map(str, n))} seed{'' if n == [1] else 's'}." if n else ""


def _reasons(summary: pd.DataFrame) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, summary["reason"])))


_BUILDERS: dict[str, Builder] = {
    "table04": _counts,
    "table05": _counts,
    **dict.fromkeys(HYPERPARAMETERS, _hyperparameters),
    "table09": _tasks,
    "table10": _misclassification,
    "table13": _scores,
    "table14": _auroc,
}
