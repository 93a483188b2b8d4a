"""Pages and JSON schemas of the files that a user writes, made of what validates these files.

`python -m sccbgm.config.pages FOLDER` writes them: a page and a schema each of a run, a run of
studies, a dataset, a method and a double-perturbation file. The documentation site has the same
pages.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from sccbgm.config.base import SLUG
from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.method import MethodConfig
from sccbgm.config.norman import NormanConfig
from sccbgm.config.run_file import Config
from sccbgm.config.studies import OF_A_STUDY, Studies
from sccbgm.methods import registry
from sccbgm.metrics.registry import METRICS

Schema = dict[str, Any]
FILES: Mapping[str, tuple[type[BaseModel], str]] = {
    "run": (Config, "Run file"),
    "studies": (Studies, "Run of studies"),
    "dataset": (DatasetConfig, "Dataset file"),
    "method": (MethodConfig, "Method file"),
    "norman": (NormanConfig, "Double-perturbation file"),
}
"""Name of a page and a schema -> the model of the file, and the page's title."""

BASED = ("run", "dataset")
"""Files that can be based on another, by `base: <id>`, and then hold what differs from it."""

BASE = "Id of the file that this one differs from; sections are merged, lists replaced."
KIND = "Says that this section is of this form."
FEW = 8
"""Values of a key that are shown one by one; ids of methods and metrics are listed elsewhere."""

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
        made["properties"]["base"] = {"type": "string", "description": BASE}
    for section in (made, *made.get("$defs", {}).values()):
        if "const" in (kind := section["properties"].get("kind", {})):
            kind["description"] = KIND
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
    """Markdown: every key of a file with its meaning, what it can be, and what it is without it."""
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
            lines += [_plain(section.get("description", "")), "", *_table(section), ""]
    return "\n".join(lines).rstrip() + "\n"


def _plain(description: str) -> str:
    """A docstring in which nothing is taken for HTML."""
    return re.sub(r"(`[^`]*`)|<", lambda m: m[1] or "&lt;", description)


def _table(section: Schema) -> list[str]:
    rows = [
        f"| `{key}` | {meaning(of)} | {'<br>'.join(_forms(of))} | {_default(key, of, section)} |"
        for key, of in section["properties"].items()
    ]
    return ["| key | meaning | what it can be | without it |", "|---|---|---|---|", *rows]


def keys(name: str) -> Iterator[tuple[str, str]]:
    """Every key of a kind of file, inner ones as `runtime.device`, and what its page says of it.

    Sections of several forms, as `kind` says, have the form in brackets: `source[file].path`.
    """
    made = whole(name)
    yield from _keys(made, made.get("$defs", {}), "")


def _keys(section: Schema, sections: Mapping[str, Schema], above: str) -> Iterator[tuple[str, str]]:
    for key, of in section["properties"].items():
        if key == "kind" and "const" in of:
            continue
        links = r"\[\w+\]\(#\w+\)"
        forms = (re.sub(f"{links}(, {links})*", "a section", form) for form in _forms(of))
        default = _default(key, of, section)
        needed = "needed" if default == "needed" else f"without it: {default}"
        said = f"{meaning(of)} ({', '.join(dict.fromkeys(forms))}; {needed})"
        yield f"{above}{key}", said.replace("\\|", "|")
        for inner in (sections[ref] for ref in _refs(of)):
            form = inner["properties"].get("kind", {}).get("const")
            yield from _keys(inner, sections, f"{above}{key}{f'[{form}]' if form else ''}.")


def _refs(of: Any) -> list[str]:
    """Names of the sections that a value can be, or hold."""
    if isinstance(of, list):
        return [ref for one in of for ref in _refs(one)]
    if not isinstance(of, dict):
        return []
    own = [of["$ref"].rpartition("/")[2]] if "$ref" in of else []
    inside = (_refs(value) for key, value in of.items() if key not in ("default", "discriminator"))
    return own + [ref for refs in inside for ref in refs]


def meaning(of: Schema) -> str:
    """What a key means, on one line."""
    return " ".join(_plain(of["description"]).replace("|", "\\|").split())


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
    if len(of.get("enum", ())) > FEW:
        return []
    if "const" in of or "enum" in of:
        return [f"`{json.dumps(value)}`" for value in of.get("enum", [of.get("const")])]
    if of.get("type") == "array":
        return [f"list of: {', '.join(_forms(of.get('items', {})))}"]
    if of.get("type") == "object":
        inner = of.get("additionalProperties") or next(
            iter(of.get("patternProperties", {}).values()), None
        )
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
    if of.get("pattern") == SLUG:
        yield "of a-z, 0-9 and _"
        return
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
