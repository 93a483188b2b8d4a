"""Faults in configuration files: which file and key, what was found, what is accepted."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Hashable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

T = TypeVar("T")
_E_NOTATION = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")


class ConfigError(ValueError):
    """A fault in a configuration file. The message has one line a fault."""


def read_yaml(path: Path) -> dict[str, Any]:
    """The keys and values of a file, none where it is empty. Raises ConfigError naming the file."""
    if not path.exists():
        raise ConfigError(f"{path}: no such file")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: found {type(content).__name__}; expected keys and values")
    return content


def accepted(found: str, known: Iterable[str], what: str = "id") -> str:
    """The text: unknown id 'foo'; did you mean 'food'? accepted: bar, food."""
    names = list(known)
    near = difflib.get_close_matches(found, names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {what} {found!r}; {hint}accepted: {', '.join(names) or 'none'}"


def validate(schema: type[T], content: Mapping[str, Any], name: str, prefix: str = "") -> T:
    """`content` as an instance of a pydantic model or a dataclass, without type coercion.

    Numbers such as 1e-4, which YAML 1.1 reads as text, are taken as numbers. Raises ConfigError;
    `name` is the file and `prefix` the key that the content stands under.
    """
    try:
        # JSON keeps the strict mode strict about scalars and lets a list be a tuple
        text = json.dumps(_numbers(content), default=str)
        valid: T = _adapter(cast(Hashable, schema)).validate_json(text, strict=True)
        return valid
    except ValidationError as error:
        found = error.errors()
        # A list with a faulty item is also said to be too short: the item is what matters
        inner = [f for f in found if not any(_is_above(f["loc"], g["loc"]) for g in found)]
        faults = (line for fault in inner for line in _describe(fault, schema, name, prefix))
        raise ConfigError("\n".join(dict.fromkeys(faults))) from None


@cache
def _adapter(schema: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, schema))


def _is_above(loc: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return len(loc) < len(other) and other[: len(loc)] == loc


def _numbers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _numbers(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_numbers(item) for item in value]
    if isinstance(value, str) and _E_NOTATION.fullmatch(value):
        return float(value)
    return value


def _describe(fault: Mapping[str, Any], schema: Any, name: str, prefix: str) -> list[str]:
    """A line for each thing that is wrong: file, key, what was found, what was expected."""
    shown, models = _walk(schema, tuple(fault["loc"]))
    unknown = fault["type"] in ("extra_forbidden", "unexpected_keyword_argument")
    keys = [str(part) for part in (prefix, *(shown[:-1] if unknown else shown)) if part != ""]
    where = ": ".join(filter(None, (name, ".".join(keys))))
    if unknown:
        known = [key for model in models for key in getattr(model, "model_fields", {})]
        return [f"{where}: {accepted(str(fault['loc'][-1]), known, 'key')}"]
    if fault["type"] in ("missing", "missing_argument"):
        return [f"{where}: missing"]
    if fault["type"] == "value_error":
        return [f"{where}: {line}" for line in str(fault["ctx"]["error"]).splitlines()]
    if fault["type"].startswith("union_tag"):
        key = fault["ctx"]["discriminator"].strip("'")
        found = fault["input"].get(key) if isinstance(fault["input"], Mapping) else fault["input"]
        expected = fault["ctx"].get("expected_tags", "a section with this key")
        return [f"{where}.{key}: found {found!r}; expected {expected}"]
    message = fault["msg"].removeprefix("Input should be ")
    return [f"{where}: found {fault['input']!r}; expected {message}"]


def _walk(schema: Any, loc: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[Any]]:
    """The keys of a place inside a model as a file has them, and the models that may stand above.

    Pydantic's own location also has the `kind` of a section that has several.
    """
    models, above, shown = [schema], [schema], []
    for part in loc:
        if len(models) > 1 and (of_kind := [m for m in models if part in _kinds(m)]):
            models = above = of_kind
            continue
        inside = [m.model_fields[part] for m in models if part in getattr(m, "model_fields", {})]
        shown.append(part)
        above = models
        models = [m for field in inside for m in _models(field.annotation)] or (
            models if isinstance(part, int) else []
        )
    return tuple(shown), above


def _kinds(model: Any) -> tuple[Any, ...]:
    field = getattr(model, "model_fields", {}).get("kind")
    return get_args(field.annotation) if field else ()


def _models(annotation: Any) -> list[Any]:
    """The models in the annotation of a field."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]
