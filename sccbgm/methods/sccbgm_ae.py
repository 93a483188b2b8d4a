"""scCBGM(ae): scCBGM without the variational part."""

from __future__ import annotations

from sccbgm.methods.sccbgm import ConceptVAEMethod, ScCBGMParams


class ScCBGMAE(ConceptVAEMethod):
    """scCBGM on an autoencoder: z is the encoder's mean, with no KL term and no sampling."""

    id = "sccbgm_ae"
    title = "scCBGM (AE)"
    colour = "#60F048"
    citation = "Single-Cell Concept Bottleneck Generative Models, arXiv 2606.07760"
    variational = False
    Params = ScCBGMParams
