"""The table of what fitting costs: seconds and peak memory of every method."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from sccbgm.io.seals import verified
from sccbgm.tables.names import Names
from sccbgm.tables.spec import Row
from sccbgm.tables.table import write_text

PLACE = ("dataset", "preset", "method", "shard")
COST = ("seconds", "peak_memory_mb", "n_members", "device")
GPU, ASKED = "peak_gpu_memory_mb", "asked_memory_mb"
JOULES, METER = "joules", "meter"
ORIGIN = ("made", "cells", "packages", "settings")
"""Where predictions come from, as `benchmark.provenance` says it."""


def read_fits(predictions: Iterable[Path]) -> pd.DataFrame:
    """The cost of each fit, one line a shard, from `.../{dataset}/{preset}/{method}/{shard}.h5ad`.

    Read from uns["fit"], JSON with seconds, peak_memory_mb, n_members, device, from a GPU
    peak_gpu_memory_mb, asked_memory_mb, the joules of a meter, and `ORIGIN`. Raises OSError naming
    a file that is damaged, ValueError for one that lacks keys.
    """
    import h5py

    lines = []
    known = (*COST, GPU, ASKED, JOULES, METER, *ORIGIN)
    for path in predictions:
        with h5py.File(verified(path)) as file:
            stored = file["uns/fit"][()] if "uns/fit" in file else b"{}"
        fit = json.loads(stored)
        missing = [key for key in COST if key not in fit]
        if missing:
            raise ValueError(f"{path}: uns['fit'] lacks {', '.join(missing)}; found {sorted(fit)}")
        place = dict(zip(PLACE, (*path.parts[-4:-1], path.stem), strict=True))
        lines.append(place | {key: fit.get(key) for key in known})
    table = pd.DataFrame(lines, columns=[*PLACE, *known])
    return table.astype(dict.fromkeys((GPU, ASKED, JOULES), "float64"))


def fit_table(fits: pd.DataFrame) -> pd.DataFrame:
    """Cost by dataset, method, preset and device, methods in the order of the tables.

    jobs and models: number of shards and of members. seconds: sum over the jobs; seconds a model:
    that sum over the models, which were trained side by side, so it is no duration of one fit.
    peak memory (MB): the largest of the jobs; no GPU memory for a job that used none. asked memory
    (MB): the most that one of these jobs asked for, two Snakemakes around it included. energy a
    model (kJ): as the seconds, of whole processors and GPUs, what ran beside the job included; the
    meter says which, or why there is none.
    """
    ordered = Names().named(Row(method) for method in fits["method"].unique())
    place = {row.method: i for i, row in enumerate(ordered)}
    groups = fits.groupby(["dataset", "method", "preset", "device"], sort=False)
    table = groups.agg(
        jobs=("shard", "nunique"),
        models=("n_members", "sum"),
        seconds=("seconds", "sum"),
        memory=("peak_memory_mb", "max"),
        asked=(ASKED, "max"),
        gpu_memory=(GPU, "max"),
        energy=(JOULES, lambda joules: joules.sum(min_count=1)),
        meter=(METER, lambda said: "; ".join(sorted({*map(str, said.dropna())}))),
    ).reset_index()
    # A fit that trained nothing, as a control's, has no time a model.
    models = table["models"].where(table["models"] > 0)
    table["seconds a model"] = table["seconds"] / models
    table["energy a model (kJ)"] = table.pop("energy") / models / 1000
    table["meter"] = table.pop("meter")
    names = {
        "memory": "peak memory (MB)",
        "asked": "asked memory (MB)",
        "gpu_memory": "peak GPU memory (MB)",
    }
    table = table.rename(columns=names)
    by_rank = table.assign(rank=table["method"].map(place))
    by_rank = by_rank.sort_values(["dataset", "rank", "preset", "device"])
    return by_rank.drop(columns="rank").reset_index(drop=True)


def write_fits(fits: pd.DataFrame, stem: Path) -> list[Path]:
    """Write `fit_table` as `stem`.csv (full precision) and `stem`.md (rounded)."""
    table = fit_table(fits)
    rounded = table.round({"seconds": 1, "seconds a model": 3, "energy a model (kJ)": 3}).astype(
        object
    )
    for name in ("peak memory (MB)", "asked memory (MB)", "peak GPU memory (MB)"):
        rounded[name] = [f"{value:.0f}" for value in table[name]]
    body = rounded.astype(str).replace("nan", "–").to_markdown(index=False)
    return [
        write_text(Path(f"{stem}.csv"), table.to_csv(index=False)),
        write_text(Path(f"{stem}.md"), f"## Cost of fitting\n\n{body}\n"),
    ]
