"""Where the results of a job come from, besides the code: cells, settings, software, time."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from sccbgm.benchmark.versions import DISTRIBUTIONS
from sccbgm.io.digests import digest_of
from sccbgm.io.seals import checksum

_MODULES = {distribution: module for module, distribution in DISTRIBUTIONS.items()}


def origin(cells: Path | None, settings: Mapping[str, Any], made: bool = True) -> dict[str, Any]:
    """What is kept with the results of a job that is about to end.

    cells: the file that it read, if any; made: whether the workflow wrote that file, and its
    checksum with it. settings: hyperparameters by variant or method. Keys: made (when, in UTC),
    cells (the checksum, or a digest of a file of the user's), settings, packages (name -> version,
    of what the job has loaded).
    """
    digest = checksum if made else digest_of
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "cells": "" if cells is None else digest(cells),
        "settings": dict(settings),
        "packages": packages(),
    }


def packages() -> dict[str, str]:
    """Versions of Python, of this package, and of those it needs that this process has loaded."""
    loaded = [name for name in _needed() if _MODULES.get(name, _module(name)) in sys.modules]
    found = {name: metadata.version(name) for name in ("sccbgm", *sorted(loaded))}
    return {"Python": platform.python_version()} | found


def _needed() -> Iterator[str]:
    """The distributions that this package declares, with those of its extras."""
    for line in metadata.requires("sccbgm") or ():
        yield re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]


def _module(distribution: str) -> str:
    return distribution.lower().replace("-", "_")
