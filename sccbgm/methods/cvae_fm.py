"""CVAE-FM: a flow on top of CVAE's codes."""

from __future__ import annotations

from sccbgm.methods.vanilla_fm import FlowMethod


class CVAEFM(FlowMethod):
    """A flow conditioned on [mean of q(z | x, c); c]; an edit replaces entries of c alone.

    It continues from the CVAE members of the same task and seed.
    """

    id = "cvae_fm"
    title = "CVAE-FM"
    colour = "#882255"
    citation = "Single-Cell Concept Bottleneck Generative Models, arXiv 2606.07760"
    builds_on = "cvae"
    needs_annotations = True
