"""A page of documentation for each method, written from its declaration.

`python -m sccbgm.methods.pages docs/methods` writes them all; a test keeps them current.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from pathlib import Path

from sccbgm.methods import registry
from sccbgm.protocol.method import Method


def page(method: Method) -> str:
    """Markdown: idea, facts, hyperparameters with defaults and sources, presets."""
    cls = type(method)
    lines = [f"# {method.title}", "", inspect.getdoc(cls) or "", ""]
    facts = {
        "id": f"`{method.id}`",
        "modes": ", ".join(f"`{mode}`" for mode in method.modes),
        "input": _INPUTS[method.input],
        "first stage": f"[`{method.builds_on}`]({method.builds_on}.md)" if method.builds_on else "",
        "environment": f"`envs/{method.environment}.yaml`" if method.environment else "",
        "source": f"`{cls.__module__.replace('.', '/')}.py`",
        "citation": method.citation,
    }
    lines += [f"- **{name}**: {value}" for name, value in facts.items() if value]
    return "\n".join([*lines, "", *_hyperparameters(method), *_presets(method)]).rstrip() + "\n"


_INPUTS = {
    "pcs": "principal components",
    "lognorm": "log-normalised genes",
    "counts": "library-size-normalised counts, rebuilt from the log-normalised genes",
}


def _hyperparameters(method: Method) -> list[str]:
    fields = dataclasses.fields(method.Params)
    if not fields:
        return []
    rows = [
        f"| `{f.name}` | `{f.default!r}` | {f.metadata['doc']} | {f.metadata['source']} |"
        for f in fields
    ]
    return [
        "## Hyperparameters", "", "| name | default | what it is | where the default is from |",
        "|---|---|---|---|", *rows, "",
    ]  # fmt: skip


def _presets(method: Method) -> list[str]:
    if not method.presets:
        return []
    lines = ["## Presets", ""]
    for name, changes in method.presets.items():
        values = ", ".join(f"`{key} = {value!r}`" for key, value in changes.items())
        lines.append(f"- **{name}**: {values}")
    return [*lines, ""]


def index() -> str:
    """Markdown: all methods with their modes."""
    rows = [
        f"| [{m.title}]({m.id}.md) | `{m.id}` | {', '.join(m.modes)} |"
        for m in map(registry.get, registry.METHODS)
    ]
    return "\n".join(["# Methods", "", "| method | id | modes |", "|---|---|---|", *rows, ""])


def pages() -> dict[str, str]:
    """File name -> content."""
    every = {f"{name}.md": page(registry.get(name)) for name in registry.METHODS}
    return {"index.md": index(), **every}


def main() -> None:
    """Write all pages to the folder given on the command line."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in pages().items():
        (folder / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
