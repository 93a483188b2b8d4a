"""`sccbgm.pl`: pictures of a model and its answers, as matplotlib axes in the caller's style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sccbgm.api.calibration import concept_calibration
from sccbgm.api.faults import Fault, expect
from sccbgm.api.model import Model
from sccbgm.protocol.keys import derive_key, generator

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes

    from sccbgm.api.estimator import ScCBGM

UP, DOWN, LINE, REFERENCE = "#B2182B", "#2166AC", "#7F7F7F", "#D5D8DC"


def effect(
    edited: AnnData,
    kind: Literal["ranked", "volcano"] = "ranked",
    n_genes: int = 20,
    ax: Axes | None = None,
) -> Axes:
    """What an edit does to genes, by the answer of `intervene`.

    ranked: the `n_genes` largest mean effects of either sign, with the standard deviation over the
    seeds where there are several. volcano: all genes, the mean effect against -log10 p of a t-test
    over the seeds (two-sided, n - 1 degrees of freedom, not adjusted): whether trainings agree on
    it, not whether it is true of cells. Raises Fault where the answer has no genes, or, for a
    volcano, one seed.
    """
    if "effect" not in edited.var:
        raise Fault("var['effect']: found none; expected an answer of `intervene` with genes")
    table = edited.var.assign(gene=edited.var_names)
    if kind == "volcano":
        return _volcano(table, len(edited.uns["sccbgm"]["seeds"]), n_genes, _axes(ax))
    expect(kind, ["ranked", "volcano"], "kind", "kind of plot")
    return _ranked(table, n_genes, _axes(ax, height=0.9 + 0.2 * min(n_genes, len(table))))


def umap(
    edited: AnnData,
    reference: AnnData | None = None,
    color: str | None = None,
    max_cells: int = 4000,
    ax: Axes | None = None,
) -> Axes:
    """Cells before and after an edit in one UMAP of their components.

    edited: the answer of `intervene`; before are the cells as the networks give them without the
    edit. reference: another answer, or any cells with the same components in obsm, such as the
    cells that were really stimulated, which are drawn in grey. color: obs column of the edited
    cells whose labels colour them, dots before and crosses after; by default one colour each. Of
    more than `max_cells` cells of a kind that many are drawn at random.
    """
    rows = _some(edited.n_obs, max_cells, "edited")
    parts = [np.asarray(edited.obsm[key])[rows] for key in ("X_unedited", "X_edited")]
    if reference is not None:
        key = edited.uns["sccbgm"]["rep"]
        expect(key, reference.obsm, "reference", "obsm key")
        parts.append(np.asarray(reference.obsm[key])[_some(reference.n_obs, max_cells, "real")])
    points = np.split(_embedded(np.concatenate(parts)), np.cumsum([len(p) for p in parts])[:-1])
    ax = _axes(ax, height=4.4)
    if reference is not None:
        _dots(ax, points[2], REFERENCE, "reference")
    if color is None:
        _dots(ax, points[0], DOWN, "before")
        _dots(ax, points[1], UP, "after")
    else:
        expect(color, edited.obs, "obs", "column")
        labels = edited.obs[color].astype(str).to_numpy()[rows]
        for label, colour in _colours(labels).items():
            here = labels == label
            _dots(ax, points[0][here], colour, label, alpha=0.45)
            _dots(ax, points[1][here], colour, None, marker="x", s=14, linewidths=0.7)
        ax.set_title("dots before, crosses after", fontsize="small")
    ax.set(xticks=[], yticks=[], xlabel="UMAP 1", ylabel="UMAP 2")
    ax.legend(markerscale=2, fontsize="small", frameon=False, bbox_to_anchor=(1, 1))
    return ax


def calibration(
    model: ScCBGM | Model,
    adata: AnnData,
    concepts: Sequence[str] | None = None,
    n_bins: int = 10,
    axes: Sequence[Axes] | None = None,
) -> np.ndarray:
    """Predicted concepts against annotated ones, a panel a concept (`concept_calibration`).

    0/1 concepts: of the cells predicted about p, the share that has it. Continuous ones: mean and
    standard deviation of the prediction at each value. On the diagonal is right; take cells that
    the model was not trained on. concepts: which; by default all. Returns the array of axes.
    """
    fitted = model if isinstance(model, Model) else model.model
    table = concept_calibration(fitted, adata, concepts, n_bins)
    names = list(dict.fromkeys(table["concept"]))
    panels = _grid(len(names)) if axes is None else np.asarray(axes, dtype=object).ravel()
    if len(panels) < len(names):
        raise Fault(f"axes: found {len(panels)}; expected one for each of {names}")
    for ax, name in zip(panels, names, strict=False):
        _calibrated(ax, table[table["concept"] == name], name)
    return panels[: len(names)]


def history(model: ScCBGM | Model, term: str = "loss", ax: Axes | None = None) -> Axes:
    """A term of the loss by epoch, a line a seed and stage; dashed on the validation cells."""
    from sccbgm.engine.validation import LOSS

    table = model.history
    expect(term, table.columns[3:], "term", "term of the loss")
    ax = _axes(ax)
    for i, ((method, seed), rows) in enumerate(table.groupby(["method", "seed"], sort=False)):
        ax.plot(rows["epoch"], rows[term], color=f"C{i % 10}", label=f"{method}, seed {seed}")
        if term == "loss" and LOSS in rows:
            ax.plot(rows["epoch"], rows[LOSS], color=f"C{i % 10}", linestyle="--")
    ax.set(xlabel="epoch", ylabel=term, yscale="log" if (table[term] > 0).all() else "linear")
    ax.legend(fontsize="small", frameon=False)
    return ax


def _ranked(table: pd.DataFrame, n_genes: int, ax: Axes) -> Axes:
    largest = table["effect"].abs().sort_values(ascending=False, kind="stable").index[:n_genes]
    shown = table.loc[largest].sort_values("effect")
    effects = shown["effect"].to_numpy(dtype=float)
    ax.barh(shown["gene"], effects, xerr=shown.get("effect_sd"), color=_signed(effects))
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set(xlabel="mean effect of the edit", ylabel="")
    ax.margins(y=0.01)
    return ax


def _signed(effects: np.ndarray) -> list[str]:
    return [UP if effect > 0 else DOWN for effect in effects]


def _volcano(table: pd.DataFrame, n_seeds: int, n_named: int, ax: Axes) -> Axes:
    from adjustText import adjust_text
    from scipy import stats

    if n_seeds < 2:
        raise Fault("kind: found 'volcano' with one seed; expected two or more: ScCBGM(seeds=3)")
    effects = table["effect"].to_numpy(dtype=float)
    error = table["effect_sd"].to_numpy(dtype=float) / np.sqrt(n_seeds)
    moves = error > 0
    t = np.divide(np.abs(effects), error, out=np.zeros_like(effects), where=moves)
    height = -np.log10(2 * stats.t.sf(t, n_seeds - 1), out=np.zeros_like(t), where=moves)
    ax.scatter(effects, height, s=6, color=REFERENCE, linewidths=0)
    named = np.argsort(-stats.rankdata(t) * np.abs(effects))[:n_named]
    ax.scatter(effects[named], height[named], s=10, c=_signed(effects[named]), linewidths=0)
    ax.margins(x=0.15)
    texts = [
        ax.text(effects[i], height[i], table["gene"].iloc[i], fontsize="x-small") for i in named
    ]
    adjust_text(texts, ax=ax, arrowprops={"arrowstyle": "-", "color": LINE, "linewidth": 0.4})
    ax.set(xlabel="mean effect of the edit", ylabel=f"−log10 p over {n_seeds} seeds")
    return ax


def _calibrated(ax: Axes, rows: pd.DataFrame, name: str) -> None:
    """One panel: points and the diagonal, both in the concept's units."""
    hard = bool(rows["hard"].all())
    x, y = rows["predicted" if hard else "annotated"], rows["value"]
    ends = [0.0, 1.0] if hard else [min(x.min(), y.min()), max(x.max(), y.max())]
    ax.plot(ends, ends, color=LINE, linewidth=0.8, linestyle="--")
    ax.errorbar(x, y, yerr=rows["spread"], color="C0", linewidth=0.8)
    ax.scatter(x, y, s=6 + 60 * np.sqrt(rows["n_cells"] / rows["n_cells"].sum()), color="C0")
    labels = ("predicted", "share that has it") if hard else ("annotated", "predicted")
    ax.set(xlabel=labels[0], ylabel=labels[1])
    ax.set_title(f"{name}\n{rows['n_cells'].sum():,} cells", fontsize="small")


def _embedded(x: np.ndarray) -> np.ndarray:
    import umap as package

    seed = derive_key("umap") % 2**32
    reducer = package.UMAP(n_neighbors=min(15, len(x) - 1), random_state=seed, n_jobs=1)
    return np.asarray(reducer.fit_transform(x))


def _some(n: int, most: int, purpose: str) -> np.ndarray:
    if n <= most:
        return np.arange(n)
    return np.sort(generator("plot", purpose).choice(n, most, replace=False))


def _colours(labels: np.ndarray) -> dict[str, Any]:
    from matplotlib import colormaps

    names = sorted(set(labels))
    size = 10 if len(names) <= 10 else 20
    palette = colormaps[f"tab{size}"]
    return {name: palette(i % size) for i, name in enumerate(names)}


def _dots(ax: Axes, xy: np.ndarray, colour: str, label: str | None, **changed: Any) -> None:
    style: Mapping[str, Any] = {"s": 6, "linewidths": 0, "alpha": 0.7, "rasterized": True} | changed
    ax.scatter(*xy.T, color=colour, label=label, **style)


def _axes(ax: Axes | None, height: float = 3.6) -> Axes:
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(4.8, height), layout="constrained")[1]


def _grid(n: int) -> np.ndarray:
    from matplotlib import pyplot

    columns = min(4, n)
    rows = -(-n // columns)
    size = (2.4 * columns, 2.4 * rows)
    _, axes = pyplot.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    for ax in axes.ravel()[n:]:
        ax.set_visible(False)
    return axes.ravel()
