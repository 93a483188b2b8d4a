"""Pages and JSON schemas of the files that a user writes, made of what validates these files.

`python -m sccbgm.config.pages FOLDER` writes them: a page and a schema each of a run, a study, a
dataset and a method file. The documentation site is made of the same pages.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.method import MethodConfig
from sccbgm.config.run import Config
from sccbgm.config.studies import OF_A_STUDY, Studies
from sccbgm.methods import registry
from sccbgm.metrics.registry import METRICS

Schema = dict[str, Any]
FILES: Mapping[str, tuple[type[BaseModel], str]] = {
    "run": (Config, "Run file"),
    "studies": (Studies, "Run of studies"),
    "dataset": (DatasetConfig, "Dataset file"),
    "method": (MethodConfig, "Method file"),
}
"""Name of a page and a schema -> the model of the file, and the page's title."""

BASED = ("run", "dataset")
"""Files that can be based on another, by `base: <id>`, and then hold what differs from it."""

IDS: Mapping[str, Sequence[str]] = {"methods": list(registry.METHODS), "metrics": list(METRICS)}
"""Keys of a run -> the ids that an editor offers; those of the user's own are as good."""


def schema(name: str) -> Schema:
    """The JSON schema of a kind of file, for editors that complete and check yaml."""
    made = whole(name)
    top = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": FILES[name][1]}
    definitions = made.pop("$defs", {})
    if name not in BASED:
        return top | made | {"$defs": definitions}
    parts = {f"Part{key}": _part(of) for key, of in definitions.items()}
    choice = {"if": {"required": ["base"]}, "then": _part(made), "else": made}
    return top | choice | {"$defs": definitions | parts}


def whole(name: str) -> Schema:
    """The JSON schema of a file that is based on no other."""
    made = TypeAdapter(FILES[name][0]).json_schema()
    if name == "studies":
        of_run = whole("run")
        made["properties"] |= {
            key: of for key, of in of_run["properties"].items() if key not in OF_A_STUDY
        }
        made["$defs"] = of_run["$defs"]
    if name in BASED:
        words = "id of the file that this one differs from"
        made["properties"]["base"] = {"type": "string", "description": words}
    for key in IDS.keys() & made["properties"].keys():
        items = made["properties"][key]["items"]
        made["properties"][key]["items"] = {"anyOf": [{"enum": list(IDS[key])}, items]}
    return made


def _part(of: Any) -> Any:
    """The schema of a part of what another one describes: nothing is needed."""
    if isinstance(of, list):
        return [_part(one) for one in of]
    if not isinstance(of, dict):
        return of
    kept = {key: _part(value) for key, value in of.items()}
    if "$ref" in of:
        kept["$ref"] = of["$ref"].replace("#/$defs/", "#/$defs/Part")
    if isinstance(of.get("required"), list):
        del kept["required"]
    kept.pop("discriminator", None)
    if "oneOf" in kept:
        kept["anyOf"] = kept.pop("oneOf")
    return kept


def page(name: str) -> str:
    """Markdown: every key of a kind of file, with what it can be and what it is without it."""
    made = whole(name)
    sections = {"": made, **made.get("$defs", {})}
    lines = [
        f"# {FILES[name][1]}",
        "",
        f"Schema for editors: [{name}.json](schemas/{name}.json). As the first line of a file,",
        f"`# yaml-language-server: $schema=PATH/{name}.json` makes an editor complete its keys.",
        "",
    ]
    for title, section in sections.items():
        if "properties" in section:
            lines += [f"## {title}", ""] if title else []
            lines += [*_words(section.get("description", "")), *_table(section), ""]
    return "\n".join(lines).rstrip() + "\n"


def _words(description: str) -> list[str]:
    """A docstring as paragraphs, and what it says of single keys as a list."""
    shown = re.sub(r"(`[^`]*`)|<", lambda m: m[1] or "&lt;", description)
    lines = (line.strip() for line in shown.splitlines())
    return [re.sub(r"^([a-z_, ]+): ", r"- `\1`: ", line) for line in lines] + [""]


def _table(section: Schema) -> list[str]:
    rows = [
        f"| `{key}` | {'<br>'.join(_forms(of))} | {_default(key, of, section)} |"
        for key, of in section["properties"].items()
    ]
    return ["| key | what it can be | without it |", "|---|---|---|", *rows]


def _default(key: str, of: Schema, section: Schema) -> str:
    if key in section.get("required", ()):
        return "needed"
    default = of.get("default")
    if default in (None, "", [], {}):
        return "nothing"
    if isinstance(default, dict):
        return "its own defaults"
    return f"`{json.dumps(default)}`"


def _forms(of: Schema) -> list[str]:
    """What a value can be, a phrase each."""
    if several := of.get("anyOf") or of.get("oneOf"):
        return list(dict.fromkeys(form for one in several for form in _forms(one)))
    if "$ref" in of:
        name = of["$ref"].rpartition("/")[2]
        return [f"[{name}](#{name.lower()})"]
    if "const" in of or "enum" in of:
        return [f"`{json.dumps(value)}`" for value in of.get("enum", [of.get("const")])]
    if of.get("type") == "array":
        return [f"list of: {', '.join(_forms(of.get('items', {})))}"]
    if of.get("type") == "object":
        inner = of.get("additionalProperties")
        if isinstance(inner, dict):
            return [f"keys and: {', '.join(_forms(inner))}"]
        return ["keys and values"]
    return [_scalar(of)]


def _scalar(of: Schema) -> str:
    words = {"integer": "whole number", "number": "number", "string": "text", "null": "null"}
    said = words.get(of.get("type", ""), "true or false" if of.get("type") == "boolean" else "any")
    return " ".join([said, *_limits(of)])


def _limits(of: Schema) -> Iterator[str]:
    words = {
        "minimum": "from {}",
        "exclusiveMinimum": "above {}",
        "maximum": "to {}",
        "exclusiveMaximum": "below {}",
        "pattern": "of the form `{}`",
    }
    for key, text in words.items():
        if key in of:
            yield text.format(str(of[key]).replace("|", "\\|"))


def pages() -> dict[str, str]:
    """Path -> content of every page and schema."""
    made = {f"{name}.md": page(name) for name in FILES}
    return made | {f"schemas/{name}.json": json.dumps(schema(name), indent=2) for name in FILES}


def main(folder: Path) -> None:
    """Write them below a folder."""
    for name, content in pages().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
