"""The data of box plots: every run of a metric, the box that it belongs to, its category."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from sccbgm.figures.nothing import NothingToDraw
from sccbgm.protocol.variants import NOISES, parse
from sccbgm.tables.aggregate import checked
from sccbgm.tables.layout import unit
from sccbgm.tables.names import Names
from sccbgm.tables.spec import Row, RowKey
from sccbgm.tables.sweep import point_means

By = Literal["noise", "task"]


def box_values(
    metrics: pd.DataFrame,
    metric: str,
    by: By,
    names: Names,
    grid: Mapping[tuple[str, str], str] | None = None,
    labels: Mapping[RowKey, str] | None = None,
) -> pd.DataFrame:
    """One line a run: where it is drawn, its value, and what is to be said of it.

    label: the box that a run belongs to, one a method, mode, variant and preset, in the order they
    are drawn. By noise, the noise of a variant is its category and its level is not told apart.
    grid: (method, variant) -> the variant that it is a point of a grid on top of; the points of a
    grid make one box, and `winner` are the runs of its best point (`tables.sweep`). labels: method,
    mode and variant -> printed name of all that is drawn besides controls, None for everything.
    Raises NothingToDraw where there is no value.
    """
    metrics = checked(metrics)
    runs = metrics[metrics["metric"] == metric].copy()
    if not runs["value"].notna().any():
        raise NothingToDraw(f"no values of {metric} in this run")
    variants = [parse(name) for name in runs["variant"].astype(str)]
    if by == "noise":
        runs["category"] = [NOISES[variant.kind] for variant in variants]
        runs["variant"] = [variant.settings for variant in variants]
        order = list(NOISES.values())
    else:
        parts = [unit(here) for _, here in runs.groupby("dataset", observed=True)]
        runs["category"] = pd.concat(parts)
        order = sorted(runs["category"].unique())
    runs["settings_of"], runs["winner"] = runs["variant"], _winners(runs, metric, grid or {})
    runs = _pooled(runs, grid or {})
    runs["control"] = runs["method"].map(names.is_control)
    if labels:
        keys = zip(runs["method"], runs["mode"], runs["variant"], strict=True)
        runs = runs[runs["control"] | np.array([key in labels for key in keys])].copy()
        if runs["control"].all():
            raise NothingToDraw(f"no values of {metric} of {' and '.join(labels.values())} here")
    runs["label"] = _labels(runs, runs["settings_of"], names, labels or {})
    present = [name for name in order if name in set(runs.loc[~runs["control"], "category"])]
    runs["category"] = pd.Categorical(runs["category"], present or order, ordered=True)
    columns = ["dataset", "category", "label", "method", "control", "winner", "value", "reason"]
    columns += ["n_intervene", "n_target", "reduced", "settings"]
    return runs[columns].reset_index(drop=True)


def _pooled(runs: pd.DataFrame, grid: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    pairs = zip(runs["method"], runs["variant"], strict=True)
    return runs.assign(variant=[grid.get(pair, pair[1]) for pair in pairs])


def _winners(
    runs: pd.DataFrame, metric: str, grid: Mapping[tuple[str, str], str]
) -> pd.Series | bool:
    """Whether a run is one of the best point of a grid."""
    pairs = pd.Series(list(zip(runs["method"], runs["variant"], strict=True)), runs.index)
    swept = pairs.isin(list(grid))
    if not swept.any():
        return False
    means = point_means(runs[swept], metric)
    keys = ["dataset", "method", "mode", "preset", "variant"]
    best = set(means.loc[means["winner"], keys].itertuples(index=False, name=None))
    return pd.Series([row in best for row in runs[keys].itertuples(index=False, name=None)],
                     runs.index)  # fmt: skip


def _labels(
    runs: pd.DataFrame, settings: pd.Series, names: Names, given: Mapping[RowKey, str]
) -> pd.Categorical:
    """The label of each run's box, with the number of settings and the second preset's name."""
    keys = set(zip(runs["method"], runs["mode"], runs["variant"], strict=True))
    rows = [Row(*key, label=given.get(key, "")) for key in keys]
    known = {row.key: row.label for row in names.named(rows)}
    here = pd.Series(
        list(zip(runs["method"], runs["mode"], runs["variant"], strict=True)), runs.index
    )
    labels = here.map(known)
    several = settings.groupby(here).transform("nunique")
    labels = labels.where(several == 1, labels + ", " + several.astype(str) + " settings")
    presets = [p for p in ("recommended", "reference") if p in set(runs["preset"])]
    labels = labels.where(runs["preset"] == presets[0], labels + ", " + runs["preset"])
    place = here.map({key: i for i, key in enumerate(known)})
    order = pd.DataFrame({"label": labels, "place": place, "preset": runs["preset"]})
    order = order.drop_duplicates().sort_values(["place", "preset"])
    return pd.Categorical(labels, list(dict.fromkeys(order["label"])), ordered=True)
