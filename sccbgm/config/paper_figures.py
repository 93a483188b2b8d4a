"""The figures of the paper that are drawn of a run's rows, predictions or cells, as data.

Those of the analyses are in `sccbgm.config.analyses`. Standard library alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Side = tuple[str, str, str]
"""Method, mode, and the settings of its variant."""
PAIRS = "pairs"
"""Two sides on every task of a dataset: drawn for a figure of the paper alone."""


@dataclass(frozen=True)
class PaperFigure:
    """A figure of the paper.

    drawn_as: id of the same drawing of anything, "{dataset}" for the dataset that it is of, or
    `PAIRS`.
    datasets: of the paper; another one is asked for by `figureNN__DATASET`. title, caption: what is
    printed above it, and what is to be said of it. sides: what is drawn besides controls, with its
    printed name; none for all that there is.
    """

    drawn_as: str
    datasets: tuple[str, ...]
    title: str
    caption: str
    sides: Mapping[Side, str] = field(default_factory=dict)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that a run needs for it."""
        return tuple(dict.fromkeys(method for method, _, _ in self.sides))


_SCCBGM = ("sccbgm", "edit", "default")
_CBGM = ("cbgm", "edit", "default")
_GENES = ("synthetic_1_genes", "synthetic_2_genes", "synthetic_3_genes")

PAPER_FIGURES: Mapping[str, PaperFigure] = {
    "figure03": PaperFigure(
        "boxes_mse_by_noise",
        _GENES,
        "Error of the counterfactual cells under annotation noise",
        "A box a kind of noise: quartiles and median over levels, tasks and seeds, whiskers to 1.5 "
        "interquartile ranges, no outliers. Which of the two settings of CBGM the paper shows is "
        "not recorded.",
        {
            _SCCBGM: "scCBGM",
            _CBGM: "CBGM, winner of the sweep",
            ("cbgm", "edit", "older"): "CBGM, older settings",
        },
    ),
    "figure04": PaperFigure(
        "umap_cd4_0__{dataset}",
        ("kang",),
        "CD4 T cells edited to stimulated",
        "One UMAP of the real cells and of three methods' edits. The flow is conditioned on the "
        "stimulus alone.",
        {
            _SCCBGM: "scCBGM",
            ("vanilla_fm", "decode", "stimulus"): "Vanilla-FM (decode), stimulus alone",
            ("cinema_ot", "edit", "default"): "CINEMA-OT",
        },
    ),
    "figure06": PaperFigure(
        "cells_groups__{dataset}",
        ("synthetic_example",),
        "Synthetic cells by batch, tissue and type",
        "Generated cells on one UMAP of their expression.",
    ),
    "figure07": PaperFigure(
        "cells_concepts__{dataset}",
        ("synthetic_example",),
        "Synthetic cells by concept",
        "The cells of Fig. 6, a panel a concept.",
    ),
    "figure08": PaperFigure(
        "boxes_mse_by_task",
        ("synthetic_1_genes",),
        "Hyperparameter sweep on clean annotations",
        "A box an intervention: every setting and seed. The diamond is the mean of the setting "
        "with the lowest error over interventions and seeds; the table sweep_mse names it.",
        {_SCCBGM: "scCBGM", _CBGM: "CBGM"},
    ),
    "figure12": PaperFigure(
        "boxes_rmmd_by_task",
        ("kang",),
        "A variational and a plain encoder",
        "A box a held-out subtype, over the seeds.",
        {_SCCBGM: "scCBGM (VAE)", ("sccbgm_ae", "edit", "default"): "scCBGM (AE)"},
    ),
    "figure13": PaperFigure(
        PAIRS,
        ("cui_grid",),
        "Every cell type and cytokine",
        "Mean over the pairs of cell type and cytokine, by cell type and over all, and paired "
        "tests with the pair as unit.",
        {
            ("sccbgm_fm", "edit", "default"): "scCBGM-FM (edit)",
            ("cvae_fm", "edit", "default"): "CVAE-FM (edit)",
        },
    ),
}
"""By id."""
