"""Names of variants: the settings that a member is trained with, and the annotation noise it sees.

A variant is called `<settings>`, `<kind>_<level>` or `<settings>_<kind>_<level>`, such as `a02`,
`missing_3` or `a02_missing_3`; `default` are the method's own settings on clean annotations.
Needs the standard library alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DEFAULT = "default"
CLEAN = "clean"
NOISES: dict[str, str] = {
    CLEAN: "Clean",
    "incorrect": "Incorrect",
    "irrelevant": "Irrelevant",
    "missing": "Missing",
    "duplicate": "Duplicated",
}
"""Kinds of annotation noise and their printed names, in the order of the paper's Fig. 3."""

_SUFFIX = re.compile(rf"(?:^|_)({'|'.join(kind for kind in NOISES if kind != CLEAN)})_(\d+)$")


@dataclass(frozen=True)
class Variant:
    """The parts of a variant's name. level: how many concepts the noise falls on, 0 where clean."""

    settings: str = DEFAULT
    kind: str = CLEAN
    level: int = 0

    @property
    def name(self) -> str:
        """The name, of which `parse` is the inverse."""
        if self.kind == CLEAN:
            return self.settings
        noise = f"{self.kind}_{self.level}"
        return noise if self.settings == DEFAULT else f"{self.settings}_{noise}"


def parse(name: str) -> Variant:
    """The parts of a variant's name."""
    found = _SUFFIX.search(name)
    if found is None:
        return Variant(name)
    settings = name[: found.start()] or DEFAULT
    return Variant(settings, found.group(1), int(found.group(2)))
