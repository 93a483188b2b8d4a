"""The error of a name that is not there."""

from __future__ import annotations

from collections.abc import Iterable

from sccbgm.config.errors import accepted


class NameFault(KeyError, ValueError):
    """A key, column, concept or method that is not there; the message names those that are."""

    def __str__(self) -> str:
        return str(self.args[0])


def expect(name: str, known: Iterable[str], where: str, what: str) -> None:
    """Raise NameFault, with the near ones, unless `name` is known."""
    names = [str(item) for item in known]
    if name not in names:
        raise NameFault(f"{where}: {accepted(str(name), names, what)}")
