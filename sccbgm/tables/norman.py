"""Unseen double perturbations: this run's scores next to those published for PerturbedVAE."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from sccbgm.tables.plain import NOTHING, PlainTable

COLUMNS: dict[tuple[str, str], str] = {
    ("single", "rel_rmse"): "Singles: RMSE",
    ("double", "rel_rmse"): "Doubles: RMSE",
    ("largest", "rel_rmse"): "Largest doubles: RMSE",
    ("double", "r2"): "R²",
    ("double", "delta_pearson"): "Δ Pearson",
    ("double", "l2"): "L2",
    ("double", "pseudobulk_rmse"): "Pseudobulk RMSE",
    ("double", "var_ratio"): "Variance ratio",
    ("non_additive", "delta_pearson"): "Non-additive: Δ Pearson",
}
"""Subset of the targets and metric -> heading."""
_KEYS = ["subset", "method", "mode", "metric"]


def norman_table(summary: pd.DataFrame, published: Path) -> PlainTable:
    """The table of an experiment.

    summary: a line a subset, method, mode and metric with mean and std over seeds
    (`sccbgm.norman.run.summary`). published: csv of the published values, which stand below the
    line with their settings, or alone.
    """
    printed = pd.read_csv(published, keep_default_na=False)
    numbers = {name: pd.to_numeric(printed[name]) for name in ("mean", "spread")}
    printed = printed.assign(**numbers)
    reduced = " ".join(dict.fromkeys(filter(None, summary["reduced"].fillna("").astype(str))))
    summary = summary.assign(mode=summary["mode"].fillna(""))
    lines = []
    for (method, mode), ours in summary.groupby(["method", "mode"], sort=False):
        name = str(method).replace("_", " ") + (f" ({mode})" if mode else "")
        lines.append({"Method": name, "Source": "this run"} | _cells(ours, "std"))
        theirs = printed[(printed["ours"] == method) & (printed["mode"] == mode)]
        if len(theirs):
            lines.append({"Method": "", "Source": "paper"} | _cells(theirs, "spread"))
    ran = set(zip(summary["method"], summary["mode"], strict=True))
    alone = printed[
        [pair not in ran for pair in zip(printed["ours"], printed["mode"], strict=True)]
    ]
    for label, theirs in alone.groupby("method_label", sort=False):
        lines.append({"Method": str(label), "Source": "paper"} | _cells(theirs, "spread"))
    n_seeds = int(summary["n_seeds"].max())  # what is not trained has none
    sizes = summary.drop_duplicates("subset").set_index("subset")["n_targets"]
    caption = (
        f"Mean over targets, then mean ± standard deviation over seeds (at most {n_seeds}). "
        "Targets: " + ", ".join(f"{name} {n}" for name, n in sizes.items()) + ". RMSE is relative, "
        "of cells paired at random: it rewards predictions without variance, so read it with the "
        "variance ratio, 1 being right. Δ Pearson: correlation of the predicted with the true mean "
        "change from control."
    )
    notes = (
        "The published R² has no stated formula; ours has the real mean as the truth.",
        "The paper tests 112 doubles and does not say which; largest are those with most cells.",
        "The published additive line has no variance, as additive mean has none.",
    )
    shown = pd.DataFrame(lines).fillna(NOTHING)
    return PlainTable("Unseen double perturbations of Norman et al.", caption, shown,
                      _beside(summary, printed), notes=notes, reduced=reduced)  # fmt: skip


def _cells(values: pd.DataFrame, spread: str) -> dict[str, str]:
    found = {
        (str(line["subset"]), str(line["metric"])): _number(line["mean"], line[spread])
        for line in values.to_dict("records")
    }
    return {name: found.get(key, NOTHING) for key, name in COLUMNS.items()}


def _number(mean: float, spread: float) -> str:
    if pd.isna(mean):
        return NOTHING
    return f"{mean:.4f}" if pd.isna(spread) else f"{mean:.4f} ± {spread:.4f}"


def _beside(summary: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """A line a number: ours and the published one that has its settings, as far as there are."""
    method = printed["ours"].where(printed["ours"] != "", printed["method"])
    names = {"mean": "published", "spread": "published_spread", "note": "published_note"}
    theirs = printed.assign(method=method).rename(columns=names)
    both = summary.merge(theirs.drop(columns=["ours", "method_label"]), on=_KEYS, how="outer")
    return both.assign(difference=both["mean"] - both["published"])
