"""Files of a clock that was set back are dated with now, in the order in which they were made."""

from __future__ import annotations

import os
from pathlib import Path

from sccbgm.io.times import SECOND, SKEW, bring_to_now, faults, now_in


def dated(path: Path, time: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.touch()
    os.utime(path, ns=(time, time))
    return path


def test_late_files_are_dated_with_now_and_keep_their_order(tmp_path: Path) -> None:
    now = now_in(tmp_path)
    first, second = (dated(tmp_path / f"a/{i}", now + (9 - i) * 3600 * SECOND) for i in (2, 1))
    early = dated(tmp_path / "early", now - SECOND)
    assert bring_to_now(tmp_path, now) == [first, second]
    times = [path.stat().st_mtime_ns for path in (early, first, second)]
    assert times[0] == now - SECOND < times[1] < times[2] <= now
    assert bring_to_now(tmp_path, now) == []
    assert {path.name for path in tmp_path.iterdir()} == {"a", "early"}


def test_a_late_file_of_the_users_is_named_with_what_to_do(tmp_path: Path) -> None:
    now = now_in(tmp_path)
    cells = dated(tmp_path / "cells.h5ad", now + 2 * SKEW)
    near = dated(tmp_path / "other.h5ad", now + SKEW // 2)
    [said] = faults([cells, near, tmp_path / "absent"], now)
    assert said.startswith(f"{cells}: dated 20") and "after now" in said and "`touch`" in said
