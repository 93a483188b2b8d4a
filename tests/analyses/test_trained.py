"""Leakage and reconstruction: their formulas, and small networks on generated cells."""

from __future__ import annotations

import numpy as np
import pytest
from analysis_toys import clean, study
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sccbgm.analyses import leakage, reconstruction
from sccbgm.analyses.cells import TEST, random_split
from sccbgm.methods.registry import get
from sccbgm.protocol.method import Failure


def test_scores_are_the_logistic_function_of_standardised_cells() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200).astype(bool)
    x = rng.normal(0, 3, (200, 2)) + 2.0 * y[:, None]
    asked = {"before": x[:20], "after": x[:20] + 5.0}
    ours = leakage.scores(x, y, asked)
    standard = (x - x.mean(0)) / x.std(0)
    model = LogisticRegression(max_iter=1000).fit(standard, y)
    for name, cells in asked.items():
        z = (cells - x.mean(0)) / x.std(0) @ model.coef_[0] + model.intercept_[0]
        assert ours[name]["value"] == pytest.approx(expit(z).mean(), abs=1e-6)
    assert ours["after"]["value"] > ours["before"]["value"]


def test_aurocs_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 150).astype(bool)
    x = rng.normal(0, 1, (150, 5)) + 0.4 * y[:, None]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(5, shuffle=True, random_state=7)
    theirs = cross_val_score(model, x, y, cv=folds, scoring="roc_auc")
    np.testing.assert_allclose([fold["value"] for fold in leakage.aurocs(x, y, 7)], theirs)


def test_leakage_has_both_tables_of_every_seed() -> None:
    adata = clean("kang", times=12)
    given = study("kang", ("sccbgm",), seeds=(1, 2), epochs=60, lambda_concept=1.0)
    rows = leakage.leakage(adata, given).rows
    scores = rows[rows["metric"] == "mean_classifier_score"]
    assert len(scores) == 7 * 2 * 2 * 2 and set(scores["seed"]) == {1, 2}
    stim = scores[scores["classifier"] == "stim"].groupby("stage")["value"].mean()
    assert stim["after"] > stim["before"] + 0.2, "the edit stimulates"
    aurocs = rows[rows["metric"] == "auroc"]
    assert len(aurocs) == 2 * 5 * 2
    mean = aurocs.groupby("group")["value"].mean()
    assert mean["stim_in_unknown"] > 0.9
    assert set(aurocs["n_cells"]) == {rows.loc[aurocs.index, "n_cells"].iloc[0]}


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("leakage", lambda *given: leakage._task_data(*given, "stim", 1)["condition"]),
        ("reconstruction", lambda *given: reconstruction._task_data(*given, 1)),
    ],
)
def test_components_are_fitted_without_the_cells_that_are_asked_about(name, task) -> None:
    adata, given = clean("kang", times=12), study("kang", ("sccbgm",), epochs=1)
    noisy, rng = adata.copy(), np.random.default_rng(3)
    asked = random_split(adata, name, "kang", 1) == TEST
    values = sparse.csr_matrix(adata.X).toarray()
    values[asked] = rng.exponential(3, (asked.sum(), adata.n_vars))
    noisy.X = values
    before, after = (task(cells, given) for cells in (adata, noisy))
    np.testing.assert_allclose(before.train.x, after.train.x, atol=2e-4)
    assert not np.allclose(before.intervene.x, after.intervene.x, atol=0.1)


def test_a_failed_member_leaves_the_other_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    adata = clean("kang", times=12)
    method = type(get("sccbgm"))
    train = method.fit

    def fit(self, jobs, runtime, stage1=None):
        fitted = train(self, jobs, runtime, stage1)
        for index, job in enumerate(jobs):
            if job.member.seed == 2:
                fitted.failures[index] = "no luck"
        fitted.predict = lambda mode: [
            Failure("no luck") if job.member.seed == 2 else {"stim": job.data.intervene.x}
            for job in jobs
        ]
        return fitted

    monkeypatch.setattr(method, "fit", fit)
    rows = leakage.leakage(adata, study("kang", ("sccbgm",), seeds=(1, 2), epochs=1)).rows
    failed = rows[rows["seed"] == 2]
    assert failed["value"].isna().all() and failed["reason"].eq("no luck").all()
    assert failed["failed"].all() and not rows.loc[rows["seed"] == 1, "failed"].any()
    assert rows.loc[rows["seed"] == 1, "value"].notna().all()


def test_a_classifier_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x, one_class = rng.normal(size=(20, 2)), np.zeros(20, dtype=bool)
    failed = leakage.scores(x, one_class, {"before": x})["before"]
    assert failed["failed"] and "ValueError" in failed["reason"] and np.isnan(failed["value"])
    short = leakage.aurocs(x, np.arange(20) < 3, 1)
    assert [row["fold"] for row in short] == [0]
    assert short[0]["reason"] == "3 cells of one type, 5 needed" and "failed" not in short[0]
    fits = iter([ValueError("no luck"), None, None, None, None])
    monkeypatch.setattr(leakage, "_classifier", lambda: _Unlucky(next(fits)))
    folds = leakage.aurocs(x, np.arange(20) < 10, 1)
    assert [row.get("reason", "") for row in folds] == ["ValueError: no luck", "", "", "", ""]


class _Unlucky(LogisticRegression):
    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error

    def fit(self, x, y):
        if self.error is not None:
            raise self.error
        return super().fit(x, y)


def test_a_method_that_raises_is_the_reason_of_its_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    adata = clean("kang", times=12)

    def broken(self, jobs, runtime, stage1=None):
        raise ValueError("no luck")

    monkeypatch.setattr(type(get("sccbgm")), "fit", broken)
    given = study("kang", tuple(reconstruction.MODELS), seeds=(3,), epochs=1)
    rows = reconstruction.reconstruction(adata, given).rows
    lost = rows[rows["failed"]].groupby("method")["reason"].agg(set)
    assert lost["sccbgm"] == {"ValueError: no luck"}
    assert lost["sccbgm_fm"] == {"the first stage failed: ValueError: no luck"}
    assert set(lost.index) == {"sccbgm", "sccbgm_fm"}
    assert rows.loc[~rows["failed"], "value"].notna().all()


def test_a_fault_of_the_machine_ends_the_analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(self, jobs, runtime, stage1=None):
        raise MemoryError

    monkeypatch.setattr(type(get("sccbgm")), "fit", no_memory)
    with pytest.raises(MemoryError):
        leakage.leakage(clean("kang", times=12), study("kang", ("sccbgm",), epochs=1))


def test_reconstruction_against_what_is_known() -> None:
    adata = clean("kang", times=12)
    methods = tuple(reconstruction.MODELS)
    given = study("kang", methods, seeds=(3,), epochs=80)
    result = reconstruction.reconstruction(adata, given)
    values = result.rows.set_index(["method", "metric"])["value"]
    assert values["pca", "mse_pca"] == 0
    data = reconstruction._task_data(adata, given, 3)
    constant = np.mean((data.train.x.mean(0) - data.intervene.x) ** 2)
    assert values["mean_training", "mse_pca"] == pytest.approx(constant, rel=1e-5)
    for method in ("sccbgm", "cvae", "vae"):
        assert values[method, "mse_pca"] < 0.8 * constant, method
    for method in methods:
        assert values[method, "mse_genes"] > values["pca", "mse_genes"], method
    assert set(result.cells.obs["method"]) == {"", *methods}
    real = result.cells[result.cells.obs["method"] == ""]
    assert real.n_obs == len(data.intervene)


def test_the_error_of_genes_is_that_of_all_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    adata = clean("kang", times=5)
    data = reconstruction._task_data(adata, study("kang"), 1)
    x = data.intervene.x + 0.1
    expected = np.mean((data.reconstruct(x) - adata.X[data.intervene.rows].toarray()) ** 2)
    monkeypatch.setattr(reconstruction, "ROWS_AT_ONCE", 7)
    assert reconstruction.gene_error(data, x) == pytest.approx(expected, rel=1e-5)


def test_the_figure_has_the_five_seeds_of_the_paper() -> None:
    assert reconstruction.fig10_seeds((13, 42, 1337, 69)) == (13, 42, 1337, 69, 403)
    assert reconstruction.fig10_seeds((5,)) == (5,)
