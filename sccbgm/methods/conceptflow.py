"""ConceptFlow: bottleneck and flow in one stage; in the paper's hyperparameter tables only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.engine.method import Question, StackedMethod, loss_weights
from sccbgm.methods.vanilla_fm import REFERENCE_SOLVER, FlowParams
from sccbgm.protocol.method import COUNT, WEIGHT, Job, hyperparameter

if TYPE_CHECKING:
    from torch import Tensor

    from sccbgm.nn.concept_flow import ConceptFlow


@dataclass(frozen=True)
class ConceptFlowParams(FlowParams):
    """The paper's Table 6; lambda_orthogonality as in its runs (the table says 0.1)."""

    latent_dim: int = hyperparameter(128, "size of z", "paper, Table 6", within=COUNT)
    n_unknown: int = hyperparameter(
        128, "size of the unknown code u", "paper, Table 6", within=COUNT
    )
    lambda_concept: float = hyperparameter(
        0.1, "weight of the concept loss", "paper, Table 6", True, within=WEIGHT
    )
    lambda_orthogonality: float = hyperparameter(
        0.2, "weight of the cross-covariance", "reference code", True, within=WEIGHT
    )
    lambda_prior: float = hyperparameter(
        0.1, "weight of the prior's KL", "paper, Table 6", True, within=WEIGHT
    )


class ConceptFlowMethod(StackedMethod):
    """The flow starts from a Gaussian that the code [c^; u] predicts, and is conditioned on it.

    An edit sets the edited concepts, each to its own target value, samples the start and
    integrates to the cell.
    """

    id = "conceptflow"
    title = "ConceptFlow"
    colour = "#9333F2"
    citation = "Single-Cell Concept Bottleneck Generative Models, arXiv 2606.07760"
    presets = {"reference": REFERENCE_SOLVER}
    Params = ConceptFlowParams

    def network(
        self, jobs: Sequence[Job], n_condition: int, generators: Sequence[Any]
    ) -> ConceptFlow:
        """The network of the jobs' shared shape, their own loss weights and concept statistics."""
        import torch

        from sccbgm.nn.concept_flow import ConceptFlow

        p = jobs[0].params
        buffers = loss_weights(
            jobs,
            lambda_concept="lambda_concept",
            lambda_orthogonality="lambda_orthogonality",
            lambda_prior="lambda_prior",
        )
        concepts = [job.data.train.concepts for job in jobs]
        for name, of_columns in (("centre", np.nanmean), ("scale", _sample_sd)):
            columns = np.stack([of_columns(c, axis=0) for c in concepts])
            buffers[name] = torch.from_numpy(columns.astype(np.float32))[:, None]
        data = jobs[0].data
        return ConceptFlow(
            data.train.x.shape[1], p.hidden_dim, p.n_layers, p.latent_dim, p.n_unknown,
            p.dropout, torch.from_numpy(data.hard), buffers, generators,
        )  # fmt: skip

    def predict_cells(self, network: ConceptFlow, question: Question) -> Tensor:  # type: ignore[override]
        """Encode, set the edited concepts, sample the start, integrate."""
        import torch

        from sccbgm.nn.solvers import integrate

        p = question.params
        known, unknown = network.encode(question.x.expand(len(question.jobs), -1, -1))
        code = torch.cat([torch.where(question.mask, question.values, known), unknown], -1)
        x_0, _, _ = network.start(code, question.draws(), None)
        return integrate(network.velocity, x_0, code, 0.0, 1.0, p.solver, p.solver_steps)


def _sample_sd(concepts: np.ndarray, axis: int) -> np.ndarray:
    """Sample standard deviation (n - 1) of the annotated entries."""
    return np.nanstd(concepts, axis=axis, ddof=1)
