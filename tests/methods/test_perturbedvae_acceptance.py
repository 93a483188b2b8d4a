"""The aims of PerturbedVAE, on toys with known answers: identity kept, doubles, identification."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from perturbation_toys import doubles, five_types, simulation
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import cross_val_score

from sccbgm.engine.fit import StackedFit
from sccbgm.engine.store import Store
from sccbgm.engine.train import Schedule, Trainer, train
from sccbgm.methods import registry
from sccbgm.metrics import mmd2
from sccbgm.nn.perturbed_vae import PerturbedVAE, PerturbedVAEShape
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Job, Runtime
from sccbgm.protocol.task import TaskData

pytestmark = pytest.mark.slow
SMALL = {"hidden_dim": 32, "n_layers": 2, "lr": 3e-3}


def fit(data: TaskData, seeds: int = 1, **params: object) -> StackedFit:
    method = registry.get("perturbedvae")
    p = method.params("recommended", **{**SMALL, **params})
    jobs = [Job(Member("toy", data.task.id, "perturbedvae", s), data, p) for s in range(seeds)]
    return method.fit(jobs, Runtime(device="cpu"))


def probe(fitted: StackedFit, labels: np.ndarray) -> float:
    """Accuracy of a linear probe of the background code."""
    data = fitted.jobs[0].data
    x, u = torch.tensor(data.train.x)[None], torch.tensor(data.train.concepts[:, -1:])[None]
    with torch.no_grad():
        code = fitted.member(0).encode(x, u).background[0].numpy()
    return cross_val_score(LogisticRegression(max_iter=500), code, labels, cv=3).mean()


@pytest.fixture(scope="module")
def matched_and_random():
    """(toy, fit with matched moments, fit with random pairs)."""
    toy = five_types()
    size = {"latent_dim": 12, "n_responsive": 2, "epochs": 150, "batch_size": 128}
    random = fit(toy.data, **size, align="pair", alpha=5.0, match="random")
    return toy, fit(toy.data, **size), random


def mmd_ratio(toy, fitted: StackedFit) -> float:
    target = toy.data.targets["stim"].x
    edited = fitted.predict("residual")[0]["stim"]
    return mmd2(edited, target) / mmd2(toy.data.intervene.x, target)


def test_matched_alignment_keeps_identity_and_moves_an_unseen_type(matched_and_random):
    toy, matched, _ = matched_and_random
    edited = matched.predict("residual")[0]["stim"]
    before = ((toy.data.intervene.x - toy.truth) ** 2).mean()
    assert ((edited - toy.truth) ** 2).mean() < 0.5 * before
    assert mmd_ratio(toy, matched) < 0.5
    assert probe(matched, toy.train_type) > 0.95


def test_random_partners_erase_identity(matched_and_random):
    toy, matched, random = matched_and_random
    assert probe(random, toy.train_type) < 0.75
    assert mmd_ratio(toy, random) > 1.5 * mmd_ratio(toy, matched)


def doubles_task() -> TaskData:
    import anndata
    import pandas as pd

    from sccbgm.config.norman import NormanConfig
    from sccbgm.norman.prepare import double_task

    x, labels = doubles()
    n_double = sum("+" in label for label in labels)
    counts = {"cells": len(x), "genes": 40, "singles": 8, "doubles": 28, "double_cells": n_double}
    config = NormanConfig(
        id="toy", title="", citation="", source={"kind": "file", "path": "x"},
        labels={"column": "condition", "control": "control", "separator": "+"},
        expected=counts, seeds=[0], runs={"robust": {}},
    )  # fmt: skip
    obs = pd.DataFrame({"condition": labels}, index=np.arange(len(x)).astype(str))
    return double_task(anndata.AnnData(x, obs=obs), config)


def double_scores(fitted: StackedFit) -> tuple[float, float]:
    """Mean over seeds and doubles of R2 of the mean and of the variance ratio."""
    data = fitted.jobs[0].data
    r2, ratio = [], []
    for predictions in fitted.predict("generate"):
        for target, cells in data.targets.items():
            truth, mean = cells.x.mean(0), predictions[target].mean(0)
            r2.append(1 - ((mean - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())
            ratio.append(predictions[target].var(0).mean() / cells.x.var(0).mean())
    return float(np.mean(r2)), float(np.mean(ratio))


def test_doubles_from_singles():
    """Alignment weight 5: with 40 genes the likelihood is a tenth of that of 500."""
    data = doubles_task()
    size = {"latent_dim": 12, "n_responsive": 4, "epochs": 100, "batch_size": 64}
    r2, ratio = double_scores(fit(data, 3, **size, alpha=5.0))
    control = data.intervene.x.mean(0)
    floor = np.mean(
        [
            1 - ((control - t) ** 2).sum() / ((t - t.mean()) ** 2).sum()
            for t in (cells.x.mean(0) for cells in data.targets.values())
        ]
    )
    assert r2 > floor + 0.4
    assert 0.3 < ratio < 1.5
    without, _ = double_scores(fit(data, 3, **size, alpha=0.0))
    assert r2 > without - 0.05


def test_alignment_of_pairs_that_share_their_background_identifies_it():
    """Linear R2 of the background variables, without and with alignment of weight 10."""
    sim, n = simulation(), 2880
    fields = {
        "x": sim.x, "u": sim.u, "context": np.ones((n, 1), dtype=np.float32),
        "partner": np.arange(n), "partner_start": sim.partner,
        "partner_count": np.ones(n, dtype=np.int64),
    }  # fmt: skip
    schedule = Schedule([n, n], [2e-3, 2e-3], 60, 128)
    one = torch.ones(2)
    weights = {
        "beta_responsive": one, "beta_background": one, "sparsity": 0 * one,
        "alpha": torch.tensor([0.0, 10.0]), "n_steps": torch.tensor(schedule.lengths).float(),
    }  # fmt: skip
    shape = PerturbedVAEShape(500, 12, 64, 2, 4, 7, align="pair")
    generators = [torch.Generator().manual_seed(0) for _ in range(2)]
    variance = torch.tensor(sim.x.var(0)).expand(2, -1)
    network = PerturbedVAE(shape, weights, variance, generators)
    train(Trainer(network, Store([fields] * 2, "cpu"), schedule, [1, 1], 5.0), lambda line: None)
    with torch.no_grad():
        codes = network.encode(*(torch.tensor(a).expand(2, -1, -1) for a in (sim.x, sim.u)))
    half = np.random.default_rng(0).random(n) < 0.7
    r2 = []
    for code in codes.background.numpy():
        model = LinearRegression().fit(code[half], sim.z_i[half])
        r2.append(model.score(code[~half], sim.z_i[~half]))
    assert r2[1] > r2[0] + 0.1
