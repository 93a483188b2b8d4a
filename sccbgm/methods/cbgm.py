"""CBGM: the concept bottleneck generative model that scCBGM departs from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sccbgm.methods.sccbgm import ConceptVAEMethod, ScCBGMParams
from sccbgm.protocol.method import hyperparameter


@dataclass(frozen=True)
class CBGMParams(ScCBGMParams):
    """As scCBGM, where it differs."""

    bottleneck: Literal["concepts", "embeddings"] = hyperparameter(
        "embeddings", "decoder sees concepts (CBM) or embeddings mixed by them (CEM)", "paper, 2.3"
    )
    decoder: Literal["skip", "residual", "no_residual"] = hyperparameter(
        "residual", "how concepts enter the decoder", "reference code (real data)"
    )
    orthogonality: Literal["cross_covariance", "cosine", "none"] = hyperparameter(
        "cosine", "what keeps u free of the concepts", "paper, 2.3"
    )
    encoder_residual: bool = hyperparameter(False, "residual encoder blocks", "reference code")
    intervene_latent: Literal["mean", "sample"] = hyperparameter(
        "sample", "z at an intervention: posterior mean or a sample", "reference code"
    )


class CBGM(ConceptVAEMethod):
    """A VAE whose decoder sees concept embeddings, kept apart from u by their cosine.

    An edit encodes the cell, mixes the embeddings of the edited concepts by their target values,
    and decodes.
    """

    id = "cbgm"
    title = "CBGM"
    colour = "#56B4E9"
    citation = "Ismail et al., Concept Bottleneck Generative Models, ICLR 2024"
    Params = CBGMParams
