"""Toys of PerturbedVAE's acceptance tests: a stimulus, doubles, a known latent model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sccbgm.protocol.task import Cells, Target, Task, TaskData


@dataclass(frozen=True)
class TypesToy:
    """Cells of five types; the last one was never stimulated. truth: its counterfactuals."""

    data: TaskData
    truth: np.ndarray
    train_type: np.ndarray


def five_types(n_group: int = 100, n_dims: int = 10, seed: int = 0) -> TypesToy:
    """The stimulus adds 2 to the first half of the dimensions, and a bit of each type's own."""
    rng = np.random.default_rng(seed)
    kind = np.repeat(np.arange(5), 2 * n_group)
    stim = np.tile(np.repeat([0, 1], n_group), 5)
    half = np.arange(n_dims) < n_dims // 2
    effect = half * (2.0 + 0.3 * rng.normal(size=(5, n_dims)))
    programme = rng.normal(size=(len(kind), 3)) @ rng.normal(0, 0.5, (3, n_dims))
    base = rng.normal(0, 1.5, (5, n_dims))[kind] + programme
    base += rng.normal(0, 0.3, base.shape)
    x = base + stim[:, None] * effect[kind]
    concepts = np.column_stack([np.eye(5)[kind], stim]).astype(np.float32)
    held_out = (kind == 4) & (stim == 1)
    intervened = (kind == 4) & (stim == 0)
    names = np.array([f"t{k}" for k in kind])

    def cells(mask: np.ndarray) -> Cells:
        rows = np.flatnonzero(mask)
        return Cells(x[rows].astype(np.float32), concepts[rows], rows)

    target = Target("stim", ("t4_1",), {"stim": 1.0}, "t4")
    data = TaskData(
        task=Task("toy", "five", "label", "t4_0", ("t4_1",), (target,)),
        concept_names=(*(f"t{k}" for k in range(5)), "stim"),
        hard=np.ones(6, dtype=bool),
        train=cells(~held_out),
        intervene=cells(intervened),
        targets={"stim": cells(held_out)},
        train_groups=np.char.add(names, np.where(stim, "_1", "_0"))[~held_out],
        train_context=names[~held_out],
    )
    return TypesToy(data, (base + effect[kind])[intervened].astype(np.float32), kind[~held_out])


def doubles(
    n: int = 60, n_singles: int = 8, n_genes: int = 40, seed: int = 0
) -> tuple[np.ndarray, list[str]]:
    """(cells, labels) of a control, singles and all their doubles; log-normalised scale.

    A perturbation shifts three response variables; expression is softplus of a linear map of
    them and of four background variables, with noise.
    """
    rng = np.random.default_rng(seed)
    genes = [f"G{i}" for i in range(n_singles)]
    shift = rng.normal(0, 2.0, (n_singles, 3))
    response, background = rng.normal(0, 0.6, (3, n_genes)), rng.normal(0, 0.4, (4, n_genes))
    level = rng.uniform(0.5, 2.0, n_genes)
    names = ["control", *genes, *(f"{a}+{b}" for i, a in enumerate(genes) for b in genes[i + 1 :])]
    sizes = [2 * n if "+" not in name else n for name in names]
    labels = np.repeat(names, sizes)
    u = np.array([[gene in label.split("+") for gene in genes] for label in labels], dtype=float)
    z_v = u @ shift + rng.normal(0, 0.3, (len(u), 3))
    z_i = rng.normal(size=(len(u), 4))
    x = np.log1p(np.exp(level + z_v @ response + z_i @ background))
    x = np.maximum(x + rng.normal(0, 0.2, x.shape), 0)
    return x.astype(np.float32), list(labels)


@dataclass(frozen=True)
class Simulation:
    """Cells x of a known latent model. partner: row of the control with the same background."""

    x: np.ndarray
    u: np.ndarray
    z_i: np.ndarray
    partner: np.ndarray


def simulation(n: int = 120, n_genes: int = 500, seed: int = 0) -> Simulation:
    """Four response variables, seven background ones, twelve environments of n cells each.

    Each perturbed cell has a control of its own with the same background noise: the pairs that
    the identification of z_i presupposes.
    """
    rng = np.random.default_rng(seed)
    dv, di, environments = 4, 7, 12
    z_i = rng.normal(size=(n * environments, di))
    mixing_i = np.tril(rng.uniform(-0.5, 0.5, (di, di)), -1)
    z_i = z_i @ np.linalg.inv(np.eye(di) - mixing_i).T
    z_i = np.tile(z_i, (2, 1))
    label = np.concatenate([np.repeat(np.arange(1, environments + 1), n), np.zeros(len(z_i) // 2)])
    z_v = np.zeros((len(z_i), dv))
    for e in range(environments + 1):
        rows = label == e
        edges = np.tril(rng.uniform(-1, 1, (dv, dv)), -1)
        causes = rng.uniform(-0.5, 0.5, (dv, di))
        if 1 <= e <= dv:
            edges[e - 1], causes[e - 1] = 0, 0
        noise = rng.uniform(-2, 2, dv) + rng.normal(size=(rows.sum(), dv)) * np.sqrt(
            rng.uniform(0.3, 2, dv)
        )
        z_v[rows] = (noise + z_i[rows] @ causes.T) @ np.linalg.inv(np.eye(dv) - edges).T
    z = np.hstack([z_v, z_i])
    rotation = np.linalg.qr(rng.normal(size=(dv + di, dv + di)))[0]
    h = _leaky(z @ rotation)
    x = _leaky(h @ rng.normal(size=(dv + di, n_genes)) / np.sqrt(dv + di))
    x += 0.05 * rng.normal(size=x.shape)
    u = np.eye(environments + 1)[label.astype(int)][:, 1:]
    partner = np.arange(len(x)) % (len(x) // 2) + len(x) // 2
    return Simulation(x.astype(np.float32), u.astype(np.float32), z_i, partner)


def _leaky(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, 0.2 * x)
