"""Plots: what they show, on whose axes, and what they refuse."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from api_cells import SMALL, cells
from matplotlib import pyplot

import sccbgm
from sccbgm import api
from sccbgm.api.calibration import concept_calibration


@pytest.fixture(scope="module")
def adata():
    return cells(400)


@pytest.fixture(scope="module")
def model(adata):
    some = sccbgm.ScCBGM(adata, soft=["dose"], seeds=2)
    return some.fit(progress=False, validation=0.2, **SMALL)


@pytest.fixture(scope="module")
def edited(adata, model):
    return model.intervene({"stim": 1}, adata[adata.obs["condition"] == "ctrl"])


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


def test_genes_are_ranked_by_their_effect(edited):
    _, own = pyplot.subplots()
    ax = sccbgm.pl.effect(edited, n_genes=4, ax=own)
    assert ax is own and len(ax.patches) == 4
    names = [label.get_text() for label in ax.get_yticklabels()]
    largest = edited.var["effect"].abs().nlargest(4).index
    assert set(names) == set(largest) and names[-1] == "a"
    widths = [patch.get_width() for patch in ax.patches]
    assert widths == sorted(widths) and widths[-1] == pytest.approx(edited.var.at["a", "effect"])


def test_a_volcano_has_every_gene_and_the_t_test_over_seeds(edited, model, adata):
    from scipy import stats

    ax = sccbgm.pl.effect(edited, kind="volcano", n_genes=3)
    points = np.asarray(ax.collections[0].get_offsets())
    np.testing.assert_allclose(points[:, 0], edited.var["effect"], rtol=1e-5)
    control = adata[adata.obs["condition"] == "ctrl"]
    cells = model.model.edited(control, {"stim": 1})
    by_seed = (cells.after - cells.before).mean(1) @ model.model.space.basis.components
    p = stats.ttest_1samp(by_seed, 0).pvalue
    np.testing.assert_allclose(points[:, 1], -np.log10(p), rtol=0.01)
    assert len(ax.texts) == 3


def test_a_volcano_needs_several_seeds_and_an_effect_an_answer(edited, adata):
    alone = edited.copy()
    alone.uns["sccbgm"]["seeds"] = [0]
    with pytest.raises(api.Fault, match="one seed; expected two or more"):
        sccbgm.pl.effect(alone, kind="volcano")
    with pytest.raises(api.Fault, match=r"var\['effect'\]: found none"):
        sccbgm.pl.effect(adata)
    with pytest.raises(api.Fault, match="kind: unknown kind of plot 'vulcano'; did you mean"):
        sccbgm.pl.effect(edited, kind="vulcano")


def test_cells_before_and_after_and_real_ones_are_embedded_together(
    edited, model, adata, monkeypatch
):
    monkeypatch.setattr("sccbgm.api.plots._embedded", lambda x: x[:, :2])
    real = model.reconstruct(adata[adata.obs["condition"] == "stim"])
    ax = sccbgm.pl.umap(edited, reference=real, max_cells=100)
    assert [c.get_label() for c in ax.collections] == ["reference", "before", "after"]
    assert [len(c.get_offsets()) for c in ax.collections] == [100, 100, 100]
    ax = sccbgm.pl.umap(edited, color="type")
    shown = {c.get_label(): np.asarray(c.get_offsets()) for c in ax.collections}
    of_b = (edited.obs["type"] == "B").to_numpy()
    np.testing.assert_allclose(shown["B"], edited.obsm["X_unedited"][of_b, :2], rtol=1e-5)
    with pytest.raises(api.Fault, match="did you mean 'type'"):
        sccbgm.pl.umap(edited, color="typ")


@pytest.mark.slow
def test_an_embedding_is_the_same_each_time(edited):
    points = [c.get_offsets() for _ in range(2) for c in sccbgm.pl.umap(edited).collections]
    np.testing.assert_array_equal(points[0], points[2])
    np.testing.assert_array_equal(points[1], points[3])
    assert np.isfinite(points[0]).all() and len(points[0]) == edited.n_obs


def test_calibration_is_share_by_prediction_and_prediction_by_value(model, adata):
    table = concept_calibration(model.model, adata)
    hard, soft = (table[table["concept"] == name] for name in ("stim", "dose"))
    assert hard["n_cells"].sum() == soft["n_cells"].sum() == adata.n_obs
    codes = np.mean([model.encode(adata, seed)["stim"] for seed in (0, 1)], axis=0)
    last = codes >= 0.9
    stim = adata.obsm["concepts"]["stim"][last]
    assert hard["value"].iloc[-1] == pytest.approx(stim.mean())
    assert hard["predicted"].iloc[-1] == pytest.approx(codes[last].mean(), abs=1e-6)
    np.testing.assert_allclose(soft["annotated"], [0, 0.25, 0.5, 1])
    axes = sccbgm.pl.calibration(model, adata, ["dose"])
    assert axes.shape == (1,) and axes[0].get_title() == "dose\n400 cells"


def test_calibration_needs_annotations(model, adata):
    bare = adata.copy()
    del bare.obsm["concepts"]
    with pytest.raises(api.Fault, match=r"obsm\['concepts'\]: found none"):
        sccbgm.pl.calibration(model, bare)
    with pytest.raises(api.Fault, match="axes: found 1"):
        sccbgm.pl.calibration(model, adata, axes=[pyplot.subplots()[1]])


def test_history_has_a_line_a_seed_and_a_dashed_one_of_its_validation(model):
    ax = sccbgm.pl.history(model)
    assert [line.get_linestyle() for line in ax.lines] == ["-", "--", "-", "--"]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), model.history["loss"][::2])
    assert len(sccbgm.pl.history(model, "concept").lines) == 2
    with pytest.raises(api.Fault, match="term: unknown term of the loss"):
        sccbgm.pl.history(model, "losses")
