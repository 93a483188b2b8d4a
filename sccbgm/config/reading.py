"""A YAML file as keys and values, or one message that says why it is none."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Hashable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer

from sccbgm.config.errors import ConfigError


def read_yaml(path: Path) -> dict[str, Any]:
    """The keys and values of a file. Raises ConfigError, naming the file, for all that is not."""
    content = read_value(_text(path), str(path))
    if content is None:
        raise ConfigError(f"{path}: the file is empty; expected keys and values")
    if not isinstance(content, dict):
        kind = {"list": "a list", "str": "text"}.get(type(content).__name__, repr(content))
        raise ConfigError(f"{path}: found {kind}; expected keys and values")
    return content


def read_value(text: str, name: str) -> Any:
    """What YAML makes of a text. Raises ConfigError, which calls the text `name`."""
    try:
        return copy.deepcopy(_parsed(text))
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{name}{_line(error, text)}: not valid YAML: {_said(error)}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: not valid YAML: {' '.join(str(error).split())}") from None
    except (RecursionError, ValueError, TypeError, AttributeError) as error:
        # PyYAML's own constructors raise these, for `2024-13-01` or `!!float x`
        raise ConfigError(f"{name}: not valid YAML: {_reason(error)}") from None


@cache
def _parsed(text: str) -> Any:
    """The content of a text; the files of a run are read by many of its studies."""
    content = yaml.load(text, Loader=_Loader)
    json.dumps(content, default=_plain)
    return content


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        raise ConfigError(f"{path}: a folder; expected a YAML file") from None
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(f"{path}: no such file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    if b"\0" in data:
        raise ConfigError(f"{path}: a binary file; expected YAML, which is text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path}, line {line}: not UTF-8 text (byte 0x{data[error.start]:02x}); "
            "save the file as UTF-8"
        ) from None


E_NOTATION = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)[eE][+-]?\d+$")
"""Of numbers such as 1e-4, which YAML 1.1 reads as text."""
E_STARTS = list("+-.0123456789")
LARGEST_WHOLE = 2.0**53
"""From here on floating numbers leave whole ones out."""


def with_numbers(value: Any) -> Any:
    """What a reader of YAML 1.1 made of a file, with the text of such numbers as numbers."""
    if isinstance(value, Mapping):
        return {key: with_numbers(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_numbers(item) for item in value]
    return _number(value) if isinstance(value, str) and E_NOTATION.fullmatch(value) else value


def _number(text: str) -> int | float:
    """1e3 is the whole number 1000, which a number of epochs can be; 1e-3 and 1e30 are none."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < LARGEST_WHOLE else value


def typed(content: Any, given: Any, name: str) -> Any:
    """A configuration in which what is `given` by Snakemake's --config is as YAML has it.

    Snakemake reads `params={epochs: 5}` as text inside of the braces. Raises ConfigError, which
    calls what is given `name`.
    """
    if isinstance(content, Mapping) and isinstance(given, Mapping):
        return {k: typed(v, given.get(k), f"{name} {k}") for k, v in content.items()}
    if given is None or content != given:
        return content
    if isinstance(content, list | tuple):
        return [typed(item, item, name) for item in content]
    return read_value(content, name) if isinstance(content, str) else content


class _Loader(Composer, yaml.CSafeLoader):
    """Reads 1e-4 as a number, and "1e-4" as text; refuses a key that stands twice, and one that
    YAML does not read as text or a number.

    libyaml reads the text, ten times as fast as PyYAML; what it would end the process by, nodes
    that are nested too deeply, is put together by PyYAML, which raises RecursionError.
    """

    def __init__(self, text: str) -> None:
        yaml.CSafeLoader.__init__(self, text)
        Composer.__init__(self)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        """Keys and values of a mapping. Raises ConstructorError, with the place, for such a key."""
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)  # type: ignore[no-untyped-call]
            if isinstance(key, bool) or not isinstance(key, str | int | float):
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {_written(key_node)} is not text; put it in quotes",
                    key_node.start_mark,
                )  # fmt: skip
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands here twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver("!e", E_NOTATION, E_STARTS)
_Loader.add_constructor("!e", lambda _, node: _number(node.value))


def _written(node: Any) -> str:
    return node.value if isinstance(node.value, str) else "(not a scalar)"


def _line(error: yaml.MarkedYAMLError, text: str) -> str:
    mark = error.problem_mark or error.context_mark
    # The end of a text counts as a line of its own
    return "" if mark is None else f", line {min(mark.line + 1, len(text.splitlines()))}"


def _said(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(part for part in (error.context, error.problem) if part)


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError) or "Circular" in str(error):
        return "it refers to itself or is nested too deeply"
    return str(error)


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"found a value of type {type(value).__name__}; expected text or numbers")
