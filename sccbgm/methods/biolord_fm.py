"""biolord-FM: a flow on top of biolord's codes."""

from __future__ import annotations

from sccbgm.methods.vanilla_fm import FlowMethod


class BiolordFM(FlowMethod):
    """A flow conditioned on biolord's [code; embedding of each concept's value].

    It continues from the biolord fits of the same task and seed. An edit replaces the embeddings
    of the edited concepts. In the reference preset nothing is edited and the codes are those of
    other cells: both are what `Biolord`'s reference preset hands over.
    """

    id = "biolord_fm"
    title = "biolord-FM"
    colour = "#999933"
    citation = "Single-Cell Concept Bottleneck Generative Models, arXiv 2606.07760"
    modes = ("decode",)  # type: ignore[assignment]
    builds_on = "biolord"
    edits_any = False
