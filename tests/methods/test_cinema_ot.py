"""CINEMA-OT against pertpy's own dense result, the NumPy package, and what it must do."""

import dataclasses

import numpy as np
import pytest
from external_toy import answered, assert_edits, toy_data, toy_job

from sccbgm.methods.cinema_ot import CinemaOT, _two_groups
from sccbgm.protocol.method import Failure, Runtime
from sccbgm.protocol.task import Cells

pytest.importorskip("pertpy")


def pooled(data, duplicate: bool, n_variable_genes: int | None = None):
    """The AnnData that the documented calls want, and the intervened cells among the controls."""
    import scanpy as sc
    from anndata import AnnData

    rows, treated, intervened = _two_groups(data, data.task.targets[0], duplicate)
    adata = AnnData(data.genes(rows))
    adata.obs["treated"] = treated.astype(int)
    if n_variable_genes:
        sc.pp.highly_variable_genes(adata, n_top_genes=n_variable_genes)
    sc.pp.pca(adata, n_comps=(n_variable_genes or 40) - 1)
    return adata, treated, np.cumsum(~treated)[intervened] - 1


def predict(preset: str, **overrides) -> np.ndarray:
    method = CinemaOT()
    job = toy_job(method, preset, **overrides)
    (answer,) = method.fit([job], Runtime()).predict("edit")
    assert not isinstance(answer, Failure), answer
    return answer["stim1"]


@pytest.mark.parametrize(
    ("preset", "block", "variable"),
    [
        ("recommended", 32, None),
        pytest.param("recommended", 1024, None, marks=pytest.mark.slow),
        pytest.param("reference", 32, None, marks=pytest.mark.slow),
        ("reference", 1024, 25),
    ],
)
def test_equals_the_documented_call(preset, block, variable):
    import pertpy as pt

    data = toy_data()
    adata, treated, intervened = pooled(data, preset == "reference", variable)
    effect = pt.tl.Cinemaot().causaleffect(
        adata, pert_key="treated", control=0, return_matching=True,
        thres=0.5, smoothness=1e-5, eps=1e-3, solver="Sinkhorn",
    )  # fmt: skip
    rows = effect.obsm["ot"].T[intervened].astype(np.float64)
    scale = rows.sum(1, keepdims=True)
    rows = rows / (scale.mean() if preset == "reference" else scale)
    expected = data.project(rows @ adata.X[treated])
    settings = {"n_variable_genes": variable} if variable else {}
    np.testing.assert_allclose(predict(preset, block=block, **settings), expected, atol=1e-5)


def test_equals_the_numpy_package():
    cinemaot = pytest.importorskip("cinemaot.cinemaot")
    data = toy_data()
    adata, treated, intervened = pooled(data, duplicate=False)
    _, plan, _ = cinemaot.cinemaot_unweighted(
        adata, "treated", ref_label=0, expr_label=1, thres=0.5, smoothness=1e-3, eps=1e-8
    )
    rows = plan[intervened]
    expected = data.project(rows / rows.sum(1, keepdims=True) @ adata.X[treated])
    ours = predict("recommended", smoothness=1e-3, tolerance=1e-7)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


@pytest.mark.parametrize("preset", ["recommended", "reference"])
def test_moves_towards_the_target(preset):
    data = toy_data(spread=0.2)
    method = CinemaOT()
    (answer,) = method.fit([toy_job(method, preset, data)], Runtime()).predict("edit")
    assert_edits(answer["stim1"], data)


def test_a_job_without_edited_cells_fails_alone():
    method = CinemaOT()
    good = toy_job(method)
    stimulated = good.data.train.concepts[:, 3] == 1
    keep = ~stimulated
    train = dataclasses.replace(
        good.data.train,
        x=good.data.train.x[keep],
        concepts=good.data.train.concepts[keep],
        rows=good.data.train.rows[keep],
    )
    bad = dataclasses.replace(good, data=dataclasses.replace(good.data, train=train))
    lines = []
    answers = method.fit([bad, good], Runtime(report=lines.append)).predict("edit")
    assert answers[0] == Failure("ValueError: no training cell has {'stim': 1.0}")
    assert set(answers[1]) == {"stim1"} and len(lines) == 2


def test_a_transport_that_does_not_converge_says_so(caplog):
    method = CinemaOT()
    data = toy_data(skewed=True)
    good, hurried = toy_job(method, data=data), toy_job(method, data=data, tolerance=1e-300)
    mixed = toy_job(method, data=toy_data())
    fit = method.fit([good, hurried, mixed], Runtime())
    assert all(isinstance(answer, dict) for answer in fit.predict("edit"))
    nothing, transport, components = fit.remarks("edit")
    assert nothing == {}
    assert set(transport) == set(components) == {"stim1"}
    assert transport["stim1"].startswith("the transport did not converge (L1 error")
    assert "tolerance 1e-300" in transport["stim1"]
    assert components["stim1"] == "the independent components did not converge"
    assert components["stim1"] in caplog.text


def test_the_error_of_the_solver_is_that_of_its_plan():
    from sccbgm.methods._sinkhorn import solve, transport_rows

    x, y = np.random.default_rng(0).normal(size=(2, 60, 3))
    f, g, error = solve(x, y, 0.05, 1e-3, 16)
    plan = transport_rows(x, y, f, g, 0.05)
    exact = np.abs(plan.sum(0) - 1 / 60).sum()
    other = np.abs(plan.sum(1) - 1 / 60).sum()
    assert 1e-6 < error <= 1e-3
    np.testing.assert_allclose(exact + other, error, rtol=1e-6)


def test_doses_are_matched_by_value():
    data = toy_data(doses=True)
    _, treated, intervened = _two_groups(data, data.task.targets[0], False)
    assert treated.sum() == 80 and (~treated).sum() == 120
    assert not treated[intervened].any()


def test_seeds_are_computed_once():
    assert answered(CinemaOT(), "recommended") == 1


def test_intervened_cells_outside_training_are_marked():
    data = toy_data(skewed=True)
    keep = ~np.isin(data.train.rows, data.intervene.rows)
    train = Cells(data.train.x[keep], data.train.concepts[keep], data.train.rows[keep])
    method = CinemaOT()
    job = toy_job(method, data=dataclasses.replace(data, train=train))
    (remarks,) = method.fit([job], Runtime()).remarks("edit")
    assert remarks["stim1"].startswith(f"fitted to {len(data.intervene)} intervened cells too")
