"""A sweep over hyperparameters: the mean of every setting, and the winner of each method.

The rule is the paper's (Fig. 8): the lowest mean over interventions and seeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sccbgm.metrics.registry import METRICS
from sccbgm.tables.aggregate import sentences
from sccbgm.tables.names import Names
from sccbgm.tables.plain import PlainTable
from sccbgm.tables.table import better

PREFIX = "sweep_"
SHOWN = 5
"""Settings of a method that are printed; the csv file has all of them."""

Settings = Mapping[tuple[str, str], Mapping[str, Any]]
"""(method, variant) of a point of a grid -> its hyperparameters."""
_METHOD = ["dataset", "method", "mode", "preset"]


def point_means(runs: pd.DataFrame, metric: str) -> pd.DataFrame:
    """A line a dataset, method, mode, preset and variant: mean, sd, n, n_missing, rank, winner.

    runs: tidy rows of one metric. rank: 1 is the best mean of a method's settings by the metric's
    direction; a setting that lacks some of the runs that another one has is not ranked, since
    interventions differ more than settings do.
    """
    of = runs.groupby([*_METHOD, "variant"], sort=False, observed=True)["value"]
    table = of.agg(mean="mean", sd="std", n="count", size="size").reset_index()
    most = table.groupby(_METHOD, observed=True)["n"].transform("max")
    complete = table["mean"].where((table["n"] == most) & (table["n"] == table["size"]))
    ascending = METRICS[metric].direction != "higher"
    groups = complete.groupby([table[name] for name in _METHOD], observed=True)
    rank = groups.rank(method="first", ascending=ascending)
    table["n_missing"] = table.pop("size") - table["n"]
    return table.assign(rank=rank, winner=rank == 1)


def sweep_table(
    id: str, metrics: pd.DataFrame, settings: Settings, in_use: Settings, names: Names
) -> PlainTable:
    """The table `sweep_<metric>__<dataset>`: the best settings of each method, and those in use.

    metrics: tidy rows. settings: of every point of the grids. in_use: the same hyperparameters of
    the same points as the method has them where nothing is swept. Raises ValueError where no point
    has a row.
    """
    metric, _, dataset = id.removeprefix(PREFIX).partition("__")
    runs = metrics[(metrics["metric"] == metric) & (metrics["dataset"] == dataset)]
    pairs = zip(runs["method"], runs["variant"], strict=True)
    runs = runs[[pair in settings for pair in pairs]]
    if runs.empty:
        raise ValueError(f"table {id}: no rows of {metric} for a point of the sweep on {dataset}")
    table = point_means(runs, metric)
    keys = list(zip(table["method"], table["variant"], strict=True))
    values = pd.DataFrame([settings[key] for key in keys], table.index)
    used = [settings[key] == in_use[key] for key in keys]
    data = pd.concat([table, values], axis=1).assign(in_use=used)
    data = data.sort_values([*_METHOD, "rank", "mean"], kind="stable", ignore_index=True)
    best = data[(data["rank"] <= SHOWN) | data["in_use"]]
    of = zip(best["method"], best["mode"], strict=True)
    shown = pd.DataFrame(
        {
            "Method": [names.label(method, mode) for method, mode in of],
            "Rank": best["rank"].to_numpy(),
            **{name: [f"{v:g}" for v in best[name]] for name in values},
            "Mean": best["mean"].to_numpy(),
            "SD": best["sd"].to_numpy(),
            "Runs": best["n"].to_numpy(),
            "Other studies": ["in use" if used else "" for used in best["in_use"]],
        }
    )  # fmt: skip
    entry = METRICS[metric]
    caption = (
        f"{entry.title} of each setting, mean over interventions and seeds: the winner of each "
        f"method and the next ones, and the setting that its other studies use. {better(entry)}. "
        "A setting that lacks runs is not ranked. Settings: "
        + ", ".join(f"{m} {n}" for m, n in data["method"].value_counts(sort=False).items())
        + "."
    )
    digits = {"Rank": 0, "Mean": 5, "SD": 5, "Runs": 0}
    return PlainTable("Winners of the sweep", caption, shown, data, digits,
                      reduced=sentences(runs["reduced"]))  # fmt: skip
