"""scCBGM-FM: a flow on top of scCBGM's codes."""

from __future__ import annotations

from sccbgm.methods.vanilla_fm import FlowMethod


class ScCBGMFM(FlowMethod):
    """A flow conditioned on scCBGM's [c^; u], both of the posterior mean.

    It continues from the scCBGM members of the same task and seed. An edit replaces the edited
    entries of c^ and keeps all others.
    """

    id = "sccbgm_fm"
    title = "scCBGM-FM"
    colour = "#D55E00"
    citation = "Single-Cell Concept Bottleneck Generative Models, arXiv 2606.07760"
    builds_on = "sccbgm"
