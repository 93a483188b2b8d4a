"""The rows of the paper's benchmark tables, in the order of its Table 1."""

from __future__ import annotations

from sccbgm.tables.spec import Row


def _single(method: str) -> Row:
    return Row(method, published=(method, ""))


def _flow(method: str, mode: str) -> Row:
    return Row(method, mode, published=(method, mode))


SCCBGM = _single("sccbgm")
SCCBGM_FM_DECODE = _flow("sccbgm_fm", "decode")
SCCBGM_FM_EDIT = _flow("sccbgm_fm", "edit")
CBGM = _single("cbgm")
VANILLA_FM_DECODE = _flow("vanilla_fm", "decode")
VANILLA_FM_EDIT = _flow("vanilla_fm", "edit")
BIOLORD = _single("biolord")
BIOLORD_FM = Row("biolord_fm", "decode", published=("biolord_fm", ""))
CINEMA_OT = _single("cinema_ot")
SCGEN = Row("scgen", published=("scgen", ""), mirrors=("counts", "default"))
"""The published row is from un-logged counts: the variant `counts`, or the preset "reference"."""
CVAE = _single("cvae")
CVAE_FM_DECODE = _flow("cvae_fm", "decode")
CVAE_FM_EDIT = _flow("cvae_fm", "edit")

BENCHMARK_ROWS: tuple[Row, ...] = (
    SCCBGM,
    SCCBGM_FM_DECODE,
    SCCBGM_FM_EDIT,
    CBGM,
    VANILLA_FM_DECODE,
    VANILLA_FM_EDIT,
    BIOLORD,
    BIOLORD_FM,
    CINEMA_OT,
    SCGEN,
    CVAE,
    CVAE_FM_DECODE,
    CVAE_FM_EDIT,
)
