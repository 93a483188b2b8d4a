"""What the documentation site adds to the pages of docs/: hooks of mkdocs (`mkdocs.yml`).

Pages made of the configuration's models, READMEs as pages, and links between all of them.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import dirname, normpath, relpath
from typing import Any

from mkdocs.structure.files import File, Files

from sccbgm.config.pages import pages
from sccbgm.methods import registry

ROOT = Path(__file__).resolve().parents[1]
READMES = {
    "start.md": "README.md",
    "configuration.md": "config/README.md",
    "results.md": "results/README.md",
    "changelog.md": "CHANGELOG.md",
}
"""Page -> the file of the repository that it is."""

PAGES = {path: page for page, path in READMES.items()}
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]*)(#[^)\s]*)?\)")


def on_config(config: Any) -> Any:
    """Put a page for each method under "Methods"."""
    listed = ["methods/index.md", *(f"methods/{id}.md" for id in registry.METHODS)]
    config.nav = [{"Methods": listed} if of == {"Methods": "methods"} else of for of in config.nav]
    return config


def on_files(files: Files, *, config: Any) -> Files:
    """Add the READMEs, and pages and schemas of the configuration files."""
    made = {page: (ROOT / path).read_text(encoding="utf-8") for page, path in READMES.items()}
    made |= {f"reference/{path}": content for path, content in pages().items()}
    for path, content in made.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Files) -> str:
    """Send links that lead through the repository to the pages of the site."""
    own = page.file.src_uri
    source = READMES.get(own, f"docs/{own}")
    parts = re.split(r"(^```.*?^```)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(
        part if part.startswith("```") else LINK.sub(lambda m: _link(m, own, source, files), part)
        for part in parts
    )


def _link(match: re.Match[str], own: str, source: str, files: Files) -> str:
    """A link of a page; one to a file that is no page is its text alone."""
    image, text, target, anchor = match.groups(default="")
    if not target or "://" in target or target.startswith("mailto:"):
        return match[0]
    path = normpath(f"{dirname(source)}/{target}".lstrip("/"))
    page = PAGES.get(path, path.removeprefix("docs/"))
    if files.get_file_from_path(page) is not None:
        return f"{image}[{text}]({relpath(page, dirname(own) or '.')}{anchor})"
    return text if (ROOT / path).exists() else match[0]
