"""Labels of cells as text: what cannot be one, which look alike, which were meant."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import quote, unquote

import pandas as pd

NOT_A_LABEL = frozenset(
    {"", "nan", "none", "na", "n/a", "#n/a", "n.a.", "null", "nil", "nat", "<na>", "<none>"}
)
"""Text that software writes for a missing value, in the form of `plain`."""

RESERVED = frozenset({"_index", "__categories"})
"""Columns of a table that anndata writes itself."""


def as_text(series: pd.Series) -> pd.Series:
    """Labels of any type as Python's own text, missing ones as None."""
    values = series.astype(str).to_numpy(dtype=object, copy=True)
    values[series.isna().to_numpy(dtype=bool)] = None
    return pd.Series(values, index=series.index, dtype=object)


def plain(label: str) -> str:
    """The form in which labels that look the same are equal.

    Without case, without space at its ends, with one space between words, with the compatible
    characters of Unicode (NFKC), without invisible ones.
    """
    visible = (c for c in unicodedata.normalize("NFKC", label) if unicodedata.category(c) != "Cf")
    return " ".join("".join(visible).casefold().split())


def label_faults(text: pd.Series) -> list[str]:
    """Why cells cannot be told apart by these labels, as of `as_text`, each with its cells."""
    faults = []
    if missing := int(text.isna().sum()):
        faults.append(f"has {missing} cells without a label")
    counts = text.value_counts()
    alike: dict[str, list[str]] = {}
    for label in counts.index:
        alike.setdefault(plain(label), []).append(label)
    for form, labels in sorted(alike.items()):
        shown = ", ".join(f"{label!r} ({counts[label]} cells)" for label in sorted(labels))
        if form in NOT_A_LABEL:
            faults.append(f"holds {shown} in place of a label; give these cells one or drop them")
        elif len(labels) > 1:
            faults.append(f"holds labels that look the same: {shown}; make them one or different")
    return faults


def absent(wanted: Iterable[str], present: Iterable[str], what: str = "no cell is") -> list[str]:
    """For each wanted label that is not present: the text that says so, with near ones."""
    known = sorted(set(present))
    return [f"{what} {label!r}; {near(label, known)}" for label in wanted if label not in known]


def near(label: str, known: Sequence[str]) -> str:
    """The text: did you mean 'drug'? there are 'control', 'drug'."""
    close = similar(label, known, 0.6)
    hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
    more = f" and {len(known) - 10} more" if len(known) > 10 else ""
    return f"{hint}there are {', '.join(map(repr, known[:10])) or 'none'}{more}"


def similar(label: str, known: Iterable[str], cutoff: float = 0.8) -> list[str]:
    """At most two known labels that are spelt much alike, the nearest first."""
    by_form = {plain(name): name for name in known}
    close = difflib.get_close_matches(plain(label), list(by_form), n=2, cutoff=cutoff)
    return [by_form[form] for form in close]


def key_of(name: str) -> str:
    """A name that HDF5 takes as a key: the name itself, wherever that is one.

    Percent signs, slashes and control characters are written as in a URL, and so is the first
    character of names with a meaning of their own; different names have different keys.
    """
    escaped = "".join(quote(c, safe="") if c in "%/" or ord(c) < 32 else c for c in name)
    if set(escaped) <= {"."} or escaped in RESERVED:
        return f"%{ord(escaped[0]):02X}{escaped[1:]}"
    return escaped


def name_of(key: str) -> str:
    """The name whose key this is."""
    return unquote(key)
