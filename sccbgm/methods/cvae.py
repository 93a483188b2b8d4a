"""CVAE, and the VAE that it is without concepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sccbgm.engine.method import (
    Question,
    StackedMethod,
    TrainingParams,
    annotated,
    loss_weights,
)
from sccbgm.protocol.method import COUNT, WEIGHT, Fit, Job, Range, hyperparameter

if TYPE_CHECKING:
    from torch import Tensor

    from sccbgm.nn.conditional_vae import ConditionalVAE


@dataclass(frozen=True)
class CVAEParams(TrainingParams):
    """The paper's Table 6."""

    latent_dim: int = hyperparameter(128, "size of z", "paper, Table 6", within=COUNT)
    beta: float = hyperparameter(
        1e-5, "weight of the KL term", "paper, Table 6", True, within=WEIGHT
    )
    dropout: float = hyperparameter(
        0.0, "dropout of encoder and decoder", "reference code", within=Range(0, 1, below_high=True)
    )
    residual: bool = hyperparameter(
        False, "residual blocks, as the paper's text has it", "reference code"
    )
    intervene_latent: Literal["mean", "sample"] = hyperparameter(
        "sample", "z at an intervention: posterior mean or a sample", "reference code"
    )


class CVAE(StackedMethod):
    """Encoder [x; c] -> z, decoder [z; c] -> x^, both with the annotated concepts.

    An edit encodes with the cell's own concepts and decodes with the edited ones.
    """

    id = "cvae"
    title = "CVAE"
    colour = "#CC79A7"
    citation = "Sohn et al., Learning Structured Output Representation, NeurIPS 2015"
    Params = CVAEParams
    conditional = True
    needs_annotations = True

    def network(
        self, jobs: Sequence[Job], n_condition: int, generators: Sequence[Any]
    ) -> ConditionalVAE:
        """The conditional VAE of the jobs' shared shape."""
        from sccbgm.nn.conditional_vae import ConditionalVAE

        data, p = jobs[0].data, jobs[0].params
        return ConditionalVAE(
            data.train.x.shape[1],
            len(data.hard) if self.conditional else 0,
            p.hidden_dim,
            p.n_layers,
            p.latent_dim,
            loss_weights(jobs, beta="beta"),
            generators,
            dropout=p.dropout,
            residual=p.residual,
        )

    def fields(self, job: Job, index: int, stage1: Fit | None) -> Mapping[str, np.ndarray]:
        """Cells and concepts, which must be complete."""
        return {"x": job.data.train.x, "concepts": annotated(job.data.train.concepts, self.id)}

    def predict_cells(self, network: ConditionalVAE, question: Question) -> Tensor:  # type: ignore[override]
        """Encode with the observed concepts, decode with the edited ones."""
        m = len(question.jobs)
        sampled = question.params.intervene_latent == "sample"
        return network.intervene(
            question.x.expand(m, -1, -1),
            question.concepts.expand(m, -1, -1),
            question.values,
            question.draws() if sampled else None,
        )

    def flow_condition(  # type: ignore[override]
        self, network: ConditionalVAE, x: Tensor, concepts: Tensor, mask: Tensor, values: Tensor
    ) -> Tensor:
        """[mean of q(z | x, c); c'], the concepts after the edit; z stays that of the own ones."""
        import torch

        mean, _ = network.encode(x, concepts)
        return torch.cat([mean, values[None]], -1)

    def code_names(self, concepts: Sequence[str], n_other: int) -> list[str]:
        """z, then the concepts."""
        return [*(f"z_{i}" for i in range(n_other)), *concepts]


@dataclass(frozen=True)
class VAEParams(CVAEParams):
    """As CVAE, where it differs."""

    intervene_latent: Literal["mean", "sample"] = hyperparameter(
        "mean", "z that is decoded: posterior mean or a sample", "own choice for Fig. 10"
    )


class VAE(CVAE):
    """CVAE without concepts: it reconstructs and cannot edit (the paper's Fig. 10)."""

    id = "vae"
    title = "VAE"
    colour = "#DDCC77"
    mode_titles = {"reconstruct": "VAE (reconstruct)"}
    citation = "Kingma & Welling, Auto-Encoding Variational Bayes, ICLR 2014"
    modes = ("reconstruct",)
    edits_any = False
    Params = VAEParams
    conditional = False
    needs_annotations = False

    def fields(self, job: Job, index: int, stage1: Fit | None) -> Mapping[str, np.ndarray]:
        """Cells, and concepts that it does not look at, annotated or not."""
        return StackedMethod.fields(self, job, index, stage1)
