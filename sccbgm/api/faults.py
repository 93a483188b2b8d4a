"""The errors of what a caller gives, gathered so that all of a kind are said at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sccbgm.config.errors import ConfigError, accepted


class Fault(ValueError):
    """What was given cannot be used. A line a fault: where it is, what was found and expected."""


class NameFault(KeyError, Fault):
    """A key, column, concept or method that is not there; the message names those that are."""

    def __str__(self) -> str:
        return str(self.args[0])


class ParameterFault(TypeError, Fault):
    """A hyperparameter that the method does not have."""


class TrainingError(RuntimeError):
    """A training that failed, such as by a loss that is not finite."""


class Faults:
    """Gathers the faults of several checks.

    >>> faults = Faults()
    >>> with faults.gather():
    ...     raise Fault("seed: found -1; expected 0 or more")
    >>> faults.found
    [Fault('seed: found -1; expected 0 or more')]
    """

    def __init__(self) -> None:
        self.found: list[ValueError] = []

    @contextmanager
    def gather(self) -> Iterator[None]:
        """Keep the fault that ends the block."""
        try:
            yield
        except (Fault, ConfigError) as error:
            self.found.append(error)

    def stop(self) -> None:
        """Raise the fault, or one Fault of several, each line once, if there is any."""
        if len(self.found) == 1:
            raise self.found[0]
        if self.found:
            lines = [line for error in self.found for line in str(error).splitlines()]
            raise Fault("\n".join(dict.fromkeys(lines)))


def expect(name: str, known: Iterable[str], where: str, what: str) -> None:
    """Raise NameFault, with the near ones, unless `name` is known."""
    names = [str(item) for item in known]
    if name not in names:
        raise NameFault(f"{where}: {accepted(str(name), names, what)}")
