"""Labels of cells that nothing was done to, and of cells of which nothing is known."""

from __future__ import annotations

import re

from sccbgm.data.text import NOT_A_LABEL, plain


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


CONTROLS = {
    *words("control controls ctrl ctl ctr con dmso vehicle veh untreated unstim unstimulated mock"),
    *words("pbs ntc nt non-targeting nontargeting neg negative wt wildtype baseline resting"),
    *words("scramble scrambled saline medium media uninfected healthy normal placebo 0 0.0"),
    *words("pre pretreatment pre-treatment before kontrolle contrôle controle"),
    *("negative control", "wild type", "non targeting", "no stim", "no drug", "no treatment"),
}
"""Labels, in the form of `plain`, of cells that nothing was done to."""
STARTS = ("control", "ctrl", "non-target", "nontarget", "negctrl", "dmso", "vehicle", "safe-target")

START_OF_TIME = re.compile(
    r"(t|d|day|wk|week)?[ _-]?0+(\.0+)?[ _-]?(s|min|mins|h|hr|hrs|hours?|d|days?|wk|weeks?)?"
)
"""Labels such as 0h, day 0 or t0, in the form of `plain`."""

NOT = {"false", "no"}
"""Of a yes or no, the label of cells that nothing was done to; it says nothing of a column."""

UNDECIDED = {
    *words("unassigned unknown undetermined undefined unclassified unidentified ambiguous"),
    *words("doublet doublets multiplet multiplets debris"),
}
"""Labels, in the form of `plain`, of cells of which it is not known what they are."""


def is_control(label: str) -> bool:
    """Whether a label reads as that of cells that nothing was done to."""
    form = plain(label)
    at_zero = START_OF_TIME.fullmatch(form) is not None
    return form in CONTROLS or at_zero or form.startswith(STARTS)


def says_nothing(label: str) -> bool:
    """Whether a label says nothing of what a cell is, or that this is not known."""
    return plain(label) in NOT_A_LABEL or plain(label) in UNDECIDED
