"""Sentences that the paper argues, each as a paired comparison; `findings` tests them on a run.

Both sides run under the preset "recommended", the rivals at their best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

Side = tuple[str, str, str]
"""Method, mode, variant."""
EVERY = "*"
"""Variant that stands for every point of a grid that both sides ran."""

FM_EDIT: Side = ("sccbgm_fm", "edit", "default")
SCCBGM: Side = ("sccbgm", "edit", "default")


@dataclass(frozen=True)
class Claim:
    """A sentence, and the two sides that it compares; it holds where a is better.

    dataset: the paper's dataset, or the start of several datasets' ids; a reduced or seen version
    of it, `<dataset>_<anything>`, counts as well. margin: of a claim that a is about as good as b,
    how much worse it may be, of the metric or its logarithm; the claim then holds where the whole
    interval is within. source: the table or figure of the paper that it is about.
    """

    sentence: str
    dataset: str
    metric: str
    a: Side
    b: Side
    source: str
    margin: float | None = None


def _leads(dataset: str, name: str, source: str) -> list[Claim]:
    rivals: tuple[tuple[str, Side], ...] = (
        ("Vanilla-FM", ("vanilla_fm", "edit", "default")),
        ("CVAE-FM", ("cvae_fm", "edit", "default")),
        ("biolord", ("biolord", "edit", "default")),
        ("CINEMA-OT", ("cinema_ot", "edit", "default")),
        ("scGen", ("scgen", "edit", "default")),
        ("a mean shift", ("mean_shift", "edit", "default")),
    )
    return [
        Claim(
            f"On {name}, scCBGM-FM (edit) is ahead of {rival}",
            dataset,
            "rmmd",
            FM_EDIT,
            side,
            source,
        )
        for rival, side in rivals
    ]


def _sccbgm(variant: str) -> Side:
    return "sccbgm", "edit", variant


def _cbgm(variant: str) -> Side:
    return "cbgm", "edit", variant


_NOISE = ("incorrect", "irrelevant", "missing", "duplicate")
_TWO_PERCENT = math.log(1.02)

_REAL = (
    *_leads("kang", "Kang", "Table 1"),
    *_leads("cui", "Cui", "Table 2"),
    *_leads("nault", "Nault", "Table 2"),
    Claim(
        "On every cell type and cytokine of Cui, scCBGM-FM (edit) is ahead of CVAE-FM (edit)",
        "cui_grid", "rmmd", FM_EDIT, ("cvae_fm", "edit", "default"), "Fig. 13",
    ),
    Claim("On Kang, scCBGM is ahead of CBGM", "kang", "rmmd", SCCBGM, _cbgm("default"), "Table 1"),
    Claim(
        "On Kang, editing a cell is ahead of decoding a new one (scCBGM-FM)",
        "kang", "rmmd", FM_EDIT, ("sccbgm_fm", "decode", "default"), "Table 1",
    ),
    Claim("On Kang, the flow improves on scCBGM alone", "kang", "rmmd", FM_EDIT, SCCBGM, "Table 1"),
    Claim(
        "On Kang, a variational encoder is ahead of a plain one (AE)",
        "kang", "rmmd", SCCBGM, ("sccbgm_ae", "edit", "default"), "Fig. 12",
    ),
    Claim(
        "On Kang, scCBGM-FM keeps subtypes better than Vanilla-FM",
        "kang", "subtype_accuracy", FM_EDIT, ("vanilla_fm", "edit", "default"), "Table 24",
    ),
)  # fmt: skip

_ABLATIONS = (
    *(
        Claim(f"On {name}, {said}", dataset, metric, SCCBGM, side, source)
        for name, dataset, metric, source in (
            ("Kang", "kang", "rmmd", "Table 16"),
            ("synthetic cells", "synthetic", "mse", "Table 15"),
        )
        for said, side in (
            ("skips in the decoder help", _sccbgm("a04")),
            ("cross-covariance is ahead of cosine", _sccbgm("a02")),
            ("the bottleneck is ahead of concept embeddings", _cbgm("a07")),
        )
    ),
    Claim(
        "On Kang, the orthogonality loss helps",
        "kang", "rmmd", SCCBGM, _sccbgm("a03"), "Table 16",
    ),
)  # fmt: skip

_SYNTHETIC = (
    Claim(
        "On synthetic cells, scCBGM-FM (edit) is ahead of Vanilla-FM",
        "synthetic", "mse", FM_EDIT, ("vanilla_fm", "edit", "default"), "Table 11",
    ),
    Claim(
        "On synthetic cells, scCBGM is ahead of leaving the cell alone",
        "synthetic", "mse", SCCBGM, ("no_edit", "edit", "default"), "Fig. 3",
    ),
    Claim(
        "On synthetic cells, scCBGM misses less of the effect than leaving the cell alone",
        "synthetic", "effect_missed", SCCBGM, ("no_edit", "edit", "default"), "Fig. 3",
    ),
    *(
        Claim(
            f"With {kind} annotations, scCBGM is ahead of CBGM",
            "synthetic", "mse", _sccbgm(f"{kind}_3"), _cbgm(f"{kind}_3"), "Fig. 3",
        )
        for kind in _NOISE
    ),
    *(
        Claim(
            f"With {kind} annotations, scCBGM's error is at most 2 % above that with clean ones",
            "synthetic", "mse", _sccbgm(f"{kind}_3"), SCCBGM, "Fig. 3", _TWO_PERCENT,
        )
        for kind in _NOISE
    ),
    Claim(
        "Over the settings of the sweep, scCBGM is ahead of CBGM",
        "synthetic", "mse", _sccbgm(EVERY), _cbgm(EVERY), "Fig. 8",
    ),
)  # fmt: skip

_ANALYSES = (
    Claim(
        "An edit to stimulated raises the probability of the stimulus",
        "kang", "score_stim", _sccbgm("after"), _sccbgm("before"), "Table 13",
    ),
    Claim(
        "An edit to stimulated lowers the probability of the own cell type by at most 0.05",
        "kang", "score_cell_type", _sccbgm("after"), _sccbgm("before"), "Table 13", 0.05,
    ),
    Claim(
        "Unknown units tell less of the stimulus where it is among the known concepts",
        "kang", "auroc", _sccbgm("stim_in_known"), _sccbgm("stim_in_unknown"), "Table 14",
    ),
    *(
        Claim(
            f"scCBGM's reconstruction of unseen cells is at most 10 % worse than the {name}'s",
            "kang", "mse_pca", ("sccbgm", "edit", "default"), side, "Fig. 10", math.log(1.1),
        )
        for name, side in (("VAE", ("vae", "reconstruct", "default")),
                           ("CVAE", ("cvae", "edit", "default")))
    ),
)  # fmt: skip

CLAIMS: tuple[Claim, ...] = (*_REAL, *_ABLATIONS, *_SYNTHETIC, *_ANALYSES)
