"""Times of files, by which a workflow knows what was made of what, after a clock was set back."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

SECOND = 10**9
SKEW = 60 * SECOND
"""By which the clocks of two machines differ at most, in nanoseconds."""


def now_in(folder: Path) -> int:
    """Now by the clock that dates the files of a folder, in nanoseconds since the epoch."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".now-") as file:
        return os.fstat(file.fileno()).st_mtime_ns


def bring_to_now(folder: Path, now: int) -> list[Path]:
    """Date the files below a folder that are dated after now with now, in the order of their times.

    What is made of them would otherwise be older than they are, and be made again. Returns them.
    """
    files = [Path(above, name) for above, _, names in os.walk(folder) for name in names]
    late = sorted((time, file) for file in files if (time := file.lstat().st_mtime_ns) > now)
    for i, (_, file) in enumerate(late, start=1):
        os.utime(file, ns=(now, now - len(late) + i), follow_symlinks=False)
    return [file for _, file in late]


def faults(files: Iterable[str | Path], now: int) -> list[str]:
    """What is wrong with files of the user's that are dated after now, and what to do."""
    there = filter(Path.exists, sorted(map(Path, files)))
    return [
        f"{file}: dated {datetime.fromtimestamp(time // SECOND)}, which is after now: what is made "
        "of it would be older than it is. Set the clock, or `touch` the file."
        for file, time in ((file, file.stat().st_mtime_ns) for file in there)
        if time > now + SKEW
    ]
