"""Tiny stacks for the engine's tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from sccbgm.engine.store import Store
from sccbgm.engine.train import Schedule, Trainer
from sccbgm.nn.concept_vae import ConceptVAE, ConceptVAEShape
from sccbgm.nn.velocity import VelocityNetwork

WEIGHTS = {"beta": 1e-3, "lambda_concept": 0.1, "lambda_orthogonality": 0.5}


def cells(n: int, seed: int) -> dict[str, np.ndarray]:
    """n random cells of 5 dimensions with 3 binary concepts."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5)).astype(np.float32)
    concepts = rng.integers(0, 2, (n, 3)).astype(np.float32)
    return {"x": x, "concepts": concepts, "condition": concepts}


def generators(members: Sequence[int]) -> list[torch.Generator]:
    """Member m's generator of initial values."""
    return [torch.Generator().manual_seed(1000 + m) for m in members]


def concept_vae(members: Sequence[int], dropout: float = 0.1) -> ConceptVAE:
    """A small scCBGM."""
    shape = ConceptVAEShape(5, width=16, depth=2, latent_dim=4, n_unknown=6, dropout=dropout)
    weights = {name: torch.full((len(members),), value) for name, value in WEIGHTS.items()}
    return ConceptVAE(shape, torch.tensor([True, True, False]), weights, generators(members))


def velocity(members: Sequence[int]) -> VelocityNetwork:
    """A small flow."""
    return VelocityNetwork(5, 3, 16, 2, 0.1, generators(members))


def trainer(
    members: Sequence[int],
    sizes: Sequence[int],
    kind: str = "vae",
    epochs: int = 3,
    batch_size: int = 16,
) -> Trainer:
    """A trainer of these members; member m has sizes[i] cells drawn by seed m."""
    network = concept_vae(members) if kind == "vae" else velocity(members)
    data = [cells(n, m) for m, n in zip(members, sizes, strict=True)]
    names = ("x", "concepts") if kind == "vae" else ("x", "condition")
    store = Store([{name: d[name] for name in names} for d in data], "cpu")
    rates = [1e-3 * (1 + m % 3) for m in members]
    schedule = Schedule(list(sizes), rates, epochs, batch_size)
    return Trainer(network, store, schedule, [7919 * (m + 1) for m in members])


def weights_of(trainer: Trainer, position: int) -> torch.Tensor:
    """All weights of one member, flat."""
    return torch.cat([p.detach()[position].flatten() for p in trainer.parameters])
