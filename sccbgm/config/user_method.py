"""A method of the user's own: a Python file, read and held against the contract of `Method`."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sccbgm.config.errors import ConfigError, accepted
from sccbgm.methods import registry
from sccbgm.protocol.method import PRESETS, Method, out_of_range

INPUTS = ("pcs", "lognorm", "counts")


def load_user_method(path: Path) -> Method:
    """The one method that a file defines.

    Raises ConfigError whose message names the file and, where it has one, the line of the fault.
    """
    try:
        method = registry.from_file(path)
    except SyntaxError as error:
        where = f"{error.filename or path}, line {error.lineno}"
        raise ConfigError(f"{where}: {type(error).__name__}: {error.msg}") from None
    except (Exception, SystemExit) as error:  # whatever the user's code raises
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise ConfigError(f"{path}{_line(error, path)}: {said}") from None
    if faults := list(_breaches(method)):
        raise ConfigError("\n".join(f"{path}: class {type(method).__name__}: {f}" for f in faults))
    return method


def _line(error: BaseException, path: Path) -> str:
    """The last line of the user's file on the way to the fault."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame.lineno for frame in frames if Path(frame.filename).name == path.name]
    return f", line {own[-1]}" if own else ""


def _breaches(method: Method) -> Iterator[str]:
    """The demands of the contract that the class does not meet."""
    for name in ("id", "title", "citation"):
        if not isinstance(getattr(method, name, None), str):
            yield f"{name}: found {getattr(method, name, None)!r}; expected text"
    modes = method.modes
    if not isinstance(modes, tuple) or not modes or not all(map(_is_slug, modes)):
        yield f'modes: found {modes!r}; expected names in a tuple, such as ("edit",)'
    if method.input not in INPUTS:
        yield f"input: found {method.input!r}; expected one of {', '.join(INPUTS)}"
    if method.builds_on is not None and method.builds_on not in registry.METHODS:
        yield f"builds_on: {accepted(str(method.builds_on), registry.METHODS)}"
    yield from _breaches_of_params(method)


def _is_slug(mode: Any) -> bool:
    return isinstance(mode, str) and mode.replace("_", "").isalnum() and mode == mode.lower()


def _breaches_of_params(method: Method) -> Iterator[str]:
    declared: Any = getattr(method, "Params", None)
    if not isinstance(declared, type) or not dataclasses.is_dataclass(declared):
        yield f"Params: found {declared!r}; expected a dataclass of hyperparameters"
        return
    try:
        defaults = declared()
    except TypeError as error:
        yield f"Params: every hyperparameter needs a default: {error}"
        return
    yield from (f"Params.{name}: {fault}" for name, fault in out_of_range(defaults).items())
    names = [field.name for field in dataclasses.fields(declared)]
    if not isinstance(method.presets, Mapping):
        yield f"presets: found {method.presets!r}; expected preset -> hyperparameter -> value"
        return
    for preset, changes in method.presets.items():
        if preset not in PRESETS:
            yield f"presets: {accepted(str(preset), PRESETS, 'preset')}"
        for name in changes:
            if name not in names:
                yield f"presets.{preset}: {accepted(str(name), names, 'hyperparameter')}"
