"""Files of a project of the Open Science Framework (OSF), through version 2 of its API."""

from __future__ import annotations

import json
import logging
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sccbgm.io.transfer import Http, TransferError

logger = logging.getLogger(__name__)

OTHER_SOURCES = "where else these cells are, and how to use them: docs/data.md#other-sources"


@dataclass(frozen=True)
class RemoteFile:
    """A file of a project. `path` starts with "/"; `hashes` maps hashlib names to digests."""

    path: str
    url: str
    size: int | None
    hashes: dict[str, str]


@dataclass(frozen=True)
class OSFClient:
    """A project's storage. `view_only` is the key of a view-only link, None for none."""

    project: str
    view_only: str | None
    base_url: str
    http: Http = field(default_factory=Http)

    def fetch(self, name: str, destination: str | Path) -> None:
        """Find a file and download it. Raises TransferError, which says where else to look."""
        try:
            self.download(self.find(name), destination)
        except TransferError as error:
            raise TransferError(f"{error}; {OTHER_SOURCES}") from error

    def files(self) -> list[RemoteFile]:
        """All files, those in folders included. Raises TransferError."""
        root = f"{self.base_url.rstrip('/')}/nodes/{self.project}/files/osfstorage/"
        return list(self._folder(root))

    def find(self, name: str) -> RemoteFile:
        """The file with this name or path. Raises TransferError where there is not exactly one."""
        files = self.files()
        found = [f for f in files if f.path.strip("/") == name.strip("/")]
        found = found or [f for f in files if f.path.rsplit("/", 1)[-1] == name]
        if len(found) != 1:
            there = ", ".join(sorted(f.path for f in files)) or "no files"
            raise TransferError(
                f"{self.base_url}: project {self.project} has {len(found)} files named {name!r}; "
                f"it has {there}"
            )
        return found[0]

    def download(self, file: RemoteFile, destination: str | Path) -> None:
        """Fetch a file: resumed, verified, renamed when complete. Raises TransferError."""
        if not file.hashes:
            logger.warning("%s: the project gives no hash, only its size is checked", file.path)
        self.http.download(self._keyed(file.url), Path(destination), file.size, file.hashes)

    def _folder(self, url: str | None) -> Iterator[RemoteFile]:
        while url:
            page = self._page(url)
            for item in page["data"]:
                if item["attributes"]["kind"] == "folder":
                    yield from self._folder(
                        item["relationships"]["files"]["links"]["related"]["href"]
                    )
                else:
                    yield _remote_file(item)
            url = page["links"].get("next")

    def _page(self, url: str) -> Any:
        body = self.http.read(self._keyed(url))
        try:
            page = json.loads(body)
            page["data"], page["links"]
        except (ValueError, KeyError, TypeError) as error:
            raise TransferError(f"{url}: not a listing of version 2 of the OSF API") from error
        return page

    def _keyed(self, url: str) -> str:
        """The address with the key of the view-only link, unless it has it."""
        parts = urllib.parse.urlsplit(url)
        query = urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
        if self.view_only is None or any(name == "view_only" for name, _ in query):
            return url
        query.append(("view_only", self.view_only))
        return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(query)))


def _remote_file(item: dict[str, Any]) -> RemoteFile:
    attributes = item["attributes"]
    given = (attributes.get("extra") or {}).get("hashes") or {}
    hashes = {name: given[name] for name in ("sha256", "md5") if given.get(name)}
    path = attributes.get("materialized_path") or "/" + attributes["name"]
    return RemoteFile(path, item["links"]["download"], attributes.get("size"), hashes)
