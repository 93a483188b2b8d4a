"""Faults in the files that a user writes: file and key, what was found, what is accepted.

The one formatter: whoever checks a file raises `ConfigError`, with a line a fault.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Literal, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

T = TypeVar("T")


class ConfigError(ValueError):
    """A fault in a configuration file. The message has one line a fault."""


class Faults:
    """Gathers the faults of several checks, which are then reported together.

    >>> faults = Faults()
    >>> with faults.gather():
    ...     raise ConfigError("run.yaml: seeds: missing")
    >>> faults.lines
    ['run.yaml: seeds: missing']
    """

    def __init__(self) -> None:
        self.lines: list[str] = []

    @contextmanager
    def gather(self) -> Iterator[None]:
        """Keep the faults that the block raises; the block ends at the first."""
        try:
            yield
        except ConfigError as error:
            self.lines += str(error).splitlines()

    def stop(self) -> None:
        """Raise ConfigError with every fault so far, each once, if there is any."""
        if self.lines:
            raise ConfigError("\n".join(dict.fromkeys(self.lines)))


def accepted(found: str, known: Iterable[str], what: str = "id") -> str:
    """The text: unknown id 'foo'; did you mean 'food'? accepted: bar, food."""
    names = list(known)
    near = difflib.get_close_matches(found, names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {what} {found!r}; {hint}accepted: {', '.join(names) or 'none'}"


def validate(schema: type[T], content: Mapping[str, Any], name: str, prefix: str = "") -> T:
    """`content` as an instance of a pydantic model or a dataclass, without type coercion.

    Raises ConfigError; `name` is the file and `prefix` the key that the content stands under.
    """
    try:
        # JSON keeps the strict mode strict about scalars and lets a list be a tuple
        text = json.dumps(content, default=str)
        valid: T = _adapter(cast(Hashable, schema)).validate_json(text, strict=True)
        return valid
    except ValidationError as error:
        faults: dict[str, list[Mapping[str, Any]]] = {}
        for fault in error.errors():
            keys, above = _place(schema, fault["loc"], content)
            known = dict.fromkeys(name for model in above for name in model.model_fields)
            faults.setdefault(".".join(keys), []).append({**fault, "known": list(known)})
        # A list with a faulty item is also said to be too short: the item is what matters
        inner = [key for key in faults if not any(other.startswith(f"{key}.") for other in faults)]
        lines = [
            f"{name}: {line}"
            for key in inner or faults
            for line in _lines(".".join(filter(None, (prefix, key))), faults[key])
        ]
        raise ConfigError("\n".join(dict.fromkeys(lines))) from None


@cache
def _adapter(schema: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, schema))


def _place(
    schema: Any, loc: Sequence[int | str], content: Any
) -> tuple[list[str], list[type[BaseModel]]]:
    """The keys of a place as the file has them, and the models that could stand above it.

    Left out are pydantic's names for the forms of a value: the `kind` of a section, `literal[...]`.
    """
    keys: list[str] = []
    here = above = _models(schema)
    for position, part in enumerate(loc):
        tagged = [model for model in here if part in _tags(model)]
        if tagged and len(here) > 1:
            here = above = tagged
            continue
        is_last = position == len(loc) - 1
        inside = _inside(content, part)
        if inside is None and not (is_last and isinstance(content, Mapping)):
            continue
        keys.append(str(part) if str(part).isprintable() else repr(part))
        above, content = here, inside[0] if inside else None
        fields = [m.model_fields[part] for m in here if part in m.model_fields]  # type: ignore[index]
        here = [model for field in fields for model in _models(field.annotation)] or here
    return keys, above


def _inside(content: Any, part: int | str) -> list[Any] | None:
    """The value at a key or an index, as a list of one; None where there is no such place."""
    if isinstance(content, Mapping):
        return [value for key, value in content.items() if str(key) == str(part)][:1] or None
    if isinstance(content, list | tuple) and isinstance(part, int) and part < len(content):
        return [content[part]]
    return None


def _lines(key: str, faults: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Lines on the faults at one key; the forms that a value could have had share one line."""
    kinds = {fault["type"] for fault in faults}
    first = faults[0]
    if kinds & {"extra_forbidden", "unexpected_keyword_argument"}:
        above, _, own = key.rpartition(".")
        yield f"{f'{above}: ' if above else ''}{accepted(own, first['known'], 'key')}"
    elif kinds & {"missing", "missing_argument", "union_tag_not_found"}:
        tag = first.get("ctx", {}).get("discriminator", "").strip("'")
        yield f"{'.'.join(filter(None, (key, tag)))}: missing"
    elif "value_error" in kinds:
        for line in first["msg"].removeprefix("Value error, ").splitlines():
            yield f"{key}: {line}" if key else line
    elif "union_tag_invalid" in kinds:
        context = first["ctx"]
        tag = context["discriminator"].strip("'")
        yield f"{key}.{tag}: found {context['tag']!r}; expected {context['expected_tags']}"
    else:
        yield f"{key}: found {_found(first['input'])}; expected {_expected(faults)}"


def _found(value: Any) -> str:
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return f"{str(value).lower()} (yes, no, on and off are read so without quotes)"
    if isinstance(value, Mapping):
        return "keys and values"
    return repr(value)


def _expected(faults: Sequence[Mapping[str, Any]]) -> str:
    words = {
        "string_type": "text",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "tuple_type": "a list, as in [a, b]",
        "dict_type": "keys and values",
        "model_type": "keys and values",
        "model_attributes_type": "keys and values",
        "dataclass_type": "keys and values",
    }
    said = [words.get(fault["type"], _in_words(fault)) for fault in faults]
    return " or ".join(dict.fromkeys(said))


def _in_words(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "string_pattern_mismatch":
        return f"text of the form {fault['ctx']['pattern']}"
    said = str(fault["msg"]).removeprefix("Input should be ")
    return f"a number {said}" if said.startswith(("greater", "less")) else said


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models inside a type: of a union, a list, an annotated or optional one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    kind = model.model_fields.get("kind")
    is_tag = kind is not None and get_origin(kind.annotation) is Literal
    return get_args(kind.annotation) if is_tag and kind is not None else ()
