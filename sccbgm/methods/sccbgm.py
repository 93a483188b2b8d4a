"""scCBGM: a VAE whose decoder sees predicted concepts and an unknown remainder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sccbgm.engine.method import Question, StackedMethod, TrainingParams, loss_weights
from sccbgm.protocol.method import COUNT, WEIGHT, Job, Range, hyperparameter

if TYPE_CHECKING:
    from torch import Tensor

    from sccbgm.nn.concept_vae import ConceptVAE


@dataclass(frozen=True)
class ScCBGMParams(TrainingParams):
    """The paper's Table 6; dropout as in the runs behind its tables (the text says 0.1)."""

    latent_dim: int = hyperparameter(128, "size of z", "paper, Table 6", within=COUNT)
    n_unknown: int = hyperparameter(
        128, "size of the unknown code u", "paper, Table 6", within=COUNT
    )
    beta: float = hyperparameter(
        1e-5, "weight of the KL term", "paper, Table 6", True, within=WEIGHT
    )
    lambda_concept: float = hyperparameter(
        0.1, "weight of the concept loss", "paper, Table 6", True, within=WEIGHT
    )
    lambda_orthogonality: float = hyperparameter(
        0.5, "weight of the orthogonality loss", "paper, Table 6", True, within=WEIGHT
    )
    dropout: float = hyperparameter(
        0.0, "dropout of encoder and decoder", "reference code", within=Range(0, 1, below_high=True)
    )
    bottleneck: Literal["concepts", "embeddings"] = hyperparameter(
        "concepts", "decoder sees concepts (CBM) or embeddings mixed by them (CEM)", "paper, 2.3"
    )
    decoder: Literal["skip", "residual", "no_residual"] = hyperparameter(
        "skip", "how concepts enter the decoder", "paper, 2.3"
    )
    orthogonality: Literal["cross_covariance", "cosine", "none"] = hyperparameter(
        "cross_covariance", "what keeps u free of the concepts", "paper, 2.3"
    )
    encoder_residual: bool = hyperparameter(True, "residual encoder blocks", "reference code")
    concept_reduction: Literal["sum", "mean"] = hyperparameter(
        "sum", "concept loss summed over a cell's concepts or averaged", "reference code"
    )
    intervene_latent: Literal["mean", "sample"] = hyperparameter(
        "mean", "z at an intervention: posterior mean or a sample", "paper, 2.4"
    )


class ConceptVAEMethod(StackedMethod):
    """A concept bottleneck VAE; subclasses name it and set its parameters."""

    variational = True

    def network(
        self, jobs: Sequence[Job], n_condition: int, generators: Sequence[Any]
    ) -> ConceptVAE:
        """The network of the jobs' shared shape and their own loss weights."""
        import torch

        from sccbgm.nn.concept_vae import ConceptVAE, ConceptVAEShape

        data, p = jobs[0].data, jobs[0].params
        shape = ConceptVAEShape(
            n_features=data.train.x.shape[1], width=p.hidden_dim, depth=p.n_layers,
            latent_dim=p.latent_dim, n_unknown=p.n_unknown, bottleneck=p.bottleneck,
            decoder=p.decoder, orthogonality=p.orthogonality, variational=self.variational,
            encoder_residual=p.encoder_residual, dropout=p.dropout,
            concept_reduction=p.concept_reduction,
        )  # fmt: skip
        weights = loss_weights(
            jobs,
            beta="beta",
            lambda_concept="lambda_concept",
            lambda_orthogonality="lambda_orthogonality",
        )
        return ConceptVAE(shape, torch.from_numpy(data.hard), weights, generators)

    def predict_cells(self, network: ConceptVAE, question: Question) -> Tensor:  # type: ignore[override]
        """Encode, set the edited concepts, decode."""
        sampled = question.params.intervene_latent == "sample"
        x = question.x.expand(len(question.jobs), -1, -1)
        draws = question.draws() if sampled else None
        return network.intervene(x, question.mask, question.values, draws)

    def flow_condition(  # type: ignore[override]
        self, network: ConceptVAE, x: Tensor, concepts: Tensor, mask: Tensor, values: Tensor
    ) -> Tensor:
        """[c^; u] of the posterior mean, edited concepts set to their target values."""
        import torch

        code = network.encode(x)
        return torch.cat([torch.where(mask, values, code.known), code.unknown], -1)


class ScCBGM(ConceptVAEMethod):
    """Encoder x -> z, bottleneck z -> (c^, u), skip decoder (c^, u) -> x^.

    L = L_rec + beta L_KL + lambda_c L_con + lambda_orth ||cov(u, c^)||_F^2. An edit encodes the
    cell at its posterior mean, sets the edited concepts and decodes; the concepts that are not
    edited keep their predicted values.
    """

    id = "sccbgm"
    title = "scCBGM"
    colour = "#0072B2"
    citation = "Single-Cell Concept Bottleneck Generative Models, arXiv 2606.07760"
    Params = ScCBGMParams
