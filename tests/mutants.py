"""Mutants of what a reader is given: values in nested content, and bytes of files."""

from __future__ import annotations

import copy
import os
import random
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

T = TypeVar("T")

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["", " ", "demo", "1e-4", "../x", "{x}", "on", "ä", "a b", "table01", "\x00"]),
    st.text(max_size=5),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=3)), max_size=3),
    st.dictionaries(st.text(max_size=3), st.one_of(st.none(), st.integers()), max_size=2),
)
"""Values that no key expects, or that few do."""


def each(n: int, examples: st.SearchStrategy[T], check: Callable[[T], None]) -> None:
    """Run a check on that many examples."""
    unhealthy = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    bounded = settings(max_examples=n, deadline=None, suppress_health_check=unhealthy)
    bounded(given(examples)(check))()


def places(content: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The keys of every value inside nested sections and lists."""
    inside = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in inside:
        yield (*above, key)
        if isinstance(value, dict | list):
            yield from places(value, (*above, key))


@st.composite
def mutated(draw: st.DrawFn, whole: dict[str, Any]) -> dict[str, Any]:
    """The content after one to three values were replaced, removed, renamed or added."""
    content = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(content))
        if not found:
            break
        *above, key = draw(st.sampled_from(found))
        section = content
        for part in above:
            section = section[part]
        change = draw(st.sampled_from(["replace", "remove", "rename", "add"]))
        if change == "replace" or isinstance(section, list):
            section[key] = draw(ODD)
        elif change == "add":
            section[draw(st.text(max_size=4))] = draw(ODD)
        elif change == "rename":
            section[draw(st.text(max_size=4))] = section.pop(key)
        else:
            del section[key]
    return content


def spoilt(content: bytes, n: int, seed: int = 0) -> Iterator[bytes]:
    """That many different versions of a file: a bit, a byte or a block changed, cut off, longer."""
    rng = random.Random(seed)
    for i in range(n):
        bad, place = bytearray(content), rng.randrange(len(content))
        block = rng.choice((1, 8, 64, 512))
        match i % 6:
            case 0 | 1:
                bad[place] ^= 1 << rng.randrange(8)
            case 2:
                bad[place] = (bad[place] + rng.randrange(1, 256)) % 256
            case 3:
                bad[place : place + block] = rng.randbytes(len(bad[place : place + block]))
            case 4:
                del bad[place:]
            case 5:
                bad[place:place] = rng.randbytes(block)
        if bad != content:
            yield bytes(bad)


def counted(contents: Iterator[bytes], path: Path, read: Callable[[], str]) -> Counter[str]:
    """What `read` says of a file with each of these contents -> how often, in another process.

    "endless" where it takes two seconds of a processor: in some damaged files HDF5 goes round in
    circles, and no exception reaches it there. Raises AssertionError where `read` raises.
    """
    said: Counter[str] = Counter()
    for content in contents:
        path.write_bytes(content)
        receive, send = os.pipe()
        if not (child := os.fork()):
            signal.setitimer(signal.ITIMER_PROF, 2)
            try:
                os.write(send, read().encode())
            except BaseException:
                os.write(send, traceback.format_exc().encode()[-4000:])
                os._exit(1)
            os._exit(0)
        os.close(send)
        with os.fdopen(receive) as pipe:
            answer = pipe.read()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in (0, -signal.SIGPROF), answer
        said[answer if code == 0 else "endless"] += 1
    return said


def each_is_read_or_named(
    path: Path, n: int, read: Callable[[], object], error: type[Exception]
) -> None:
    """Spoilt versions of a file are read, or refused by an error that begins with its path."""

    def said() -> str:
        try:
            read()
        except error as refused:
            assert str(refused).startswith(f"{path}: "), refused
            return "named"
        return "read"

    found = counted(spoilt(path.read_bytes(), n), path, said)
    assert found["named"] > n / 10
    assert found["endless"] < n / 20, found
