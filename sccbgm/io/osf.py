"""Files of a project of the Open Science Framework (OSF), through version 2 of its API."""

from __future__ import annotations

import logging
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import AliasPath, BaseModel, Field, NonNegativeInt, ValidationError, model_validator

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


class _Item(BaseModel):
    """A file or a folder of a listing. url: of a file's content; inside: of a folder's listing."""

    kind: Literal["file", "folder"] = Field(validation_alias=AliasPath("attributes", "kind"))
    name: str = Field(validation_alias=AliasPath("attributes", "name"))
    path: str | None = Field(None, validation_alias=AliasPath("attributes", "materialized_path"))
    size: NonNegativeInt | None = Field(None, validation_alias=AliasPath("attributes", "size"))
    hashes: dict[str, str | None] | None = Field(
        None, validation_alias=AliasPath("attributes", "extra", "hashes")
    )
    url: str = Field("", validation_alias=AliasPath("links", "download"))
    inside: str = Field(
        "", validation_alias=AliasPath("relationships", "files", "links", "related", "href")
    )

    @model_validator(mode="after")
    def _has_its_address(self) -> _Item:
        if not (self.inside if self.kind == "folder" else self.url):
            raise ValueError(f"a {self.kind} without an address")
        return self

    @property
    def given(self) -> dict[str, str]:
        """The hashes that are given and can be verified."""
        found = self.hashes or {}
        return {name: digest for name in ("sha256", "md5") if (digest := found.get(name))}


class _Page(BaseModel):
    """A page of a listing. following: address of the next one, None on the last."""

    data: list[_Item]
    following: str | None = Field(None, validation_alias=AliasPath("links", "next"))


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
        return list(self._folder(root, set()))

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

    def _folder(self, url: str | None, seen: set[str]) -> Iterator[RemoteFile]:
        while url:
            if url in seen:
                raise TransferError(f"{url}: the listing comes back to this page")
            seen.add(url)
            page = self._page(url)
            for item in page.data:
                if item.kind == "folder":
                    yield from self._folder(item.inside, seen)
                else:
                    yield RemoteFile(item.path or f"/{item.name}", item.url, item.size, item.given)
            url = page.following

    def _page(self, url: str) -> _Page:
        body = self.http.read(self._keyed(url))
        try:
            return _Page.model_validate_json(body)
        except ValidationError as error:
            raise TransferError(f"{url}: not a listing of version 2 of the OSF API") from error

    def _keyed(self, url: str) -> str:
        """The address with the key of the view-only link, unless it has it."""
        parts = urllib.parse.urlsplit(url)
        query = urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
        if self.view_only is None or any(name == "view_only" for name, _ in query):
            return url
        query.append(("view_only", self.view_only))
        return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(query)))
