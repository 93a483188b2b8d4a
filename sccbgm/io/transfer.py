"""HTTP transfers that survive a poor connection: retried, resumed, verified."""

from __future__ import annotations

import email.utils
import hashlib
import http.client
import logging
import os
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

logger = logging.getLogger(__name__)

BLOCK = 2**20
LONGEST_WAIT = 600.0
PASSING = (
    urllib.error.URLError,
    http.client.HTTPException,
    ConnectionError,
    TimeoutError,
    ssl.SSLError,
)


class TransferError(RuntimeError):
    """A file or listing that could not be had; the message names its address."""


@dataclass(frozen=True)
class Http:
    """How often and how long to try: attempt i waits `wait` * 2^i seconds, or what the server says.

    `retries` counts failures in a row: a transfer that gets further starts to count anew.
    """

    retries: int = 6
    wait: float = 1.0
    timeout: float = 60.0

    def read(self, url: str) -> bytes:
        """The body at an address. Raises TransferError."""
        for attempt in range(self.retries + 1):
            try:
                with self._open(url, {}) as response:
                    return response.read()
            except PASSING as error:
                self._pause(url, error, attempt)
        raise AssertionError("the last attempt raises")

    def download(self, url: str, path: Path, size: int | None, hashes: dict[str, str]) -> None:
        """Fetch a file to `path`, going on where an earlier call stopped.

        What has arrived lies in `<path>.part` until it is complete and its hash is right. A file
        with a wrong hash is fetched once more from the start.

        size: bytes expected, None if unknown. hashes: hashlib name -> hexadecimal digest.
        Raises TransferError.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        for last in (False, True):
            self._complete(url, part, size)
            wrong = _wrong_hash(part, hashes)
            if not wrong:
                os.replace(part, path)
                return
            part.unlink()
            if last:
                raise TransferError(f"{url}: {wrong}, twice")
            logger.warning("%s: %s, fetching it again", url, wrong)

    def _complete(self, url: str, part: Path, size: int | None) -> None:
        """Append to `part` until all of it is there."""
        attempt = 0
        while True:
            before = part.stat().st_size if part.exists() else 0
            if size is not None and before > size:
                part.unlink()
                before = 0
            if size is not None and before == size:
                return
            try:
                self._append(url, part, before, size)
                if size is None or part.stat().st_size == size:
                    return
                raise http.client.HTTPException(f"ended before byte {size}")
            except PASSING as error:
                if isinstance(error, urllib.error.HTTPError) and error.code == 416:
                    part.unlink()
                arrived = part.stat().st_size if part.exists() else 0
                attempt = 0 if arrived > before else attempt
                self._pause(url, error, attempt)
                attempt += 1

    def _append(self, url: str, part: Path, start: int, size: int | None) -> None:
        with self._open(url, {"Range": f"bytes={start}-"} if start else {}) as response:
            resumed = start > 0 and response.status == 206
            if resumed and not (response.headers["Content-Range"] or "").startswith(
                f"bytes {start}-"
            ):
                raise http.client.HTTPException("the server resumed at another byte")
            bar = tqdm(
                total=size,
                initial=start if resumed else 0,
                desc=part.name.removesuffix(".part"),
                unit="B",
                unit_scale=True,
            )
            missing = int(response.headers["Content-Length"] or 0)
            with part.open("ab" if resumed else "wb") as file, bar:
                while block := response.read1(BLOCK):  # what has arrived, if less
                    file.write(block)
                    bar.update(len(block))
                    missing -= len(block)
            if missing > 0:
                raise http.client.HTTPException(f"the transfer broke off, {missing} bytes missing")

    def _open(self, url: str, headers: dict[str, str]) -> Any:
        if not url.startswith(("http://", "https://")):  # urllib would read files of this machine
            raise TransferError(f"{url!r}: expected an address that starts with http")
        try:
            request = urllib.request.Request(url, headers={"User-Agent": "sccbgm"} | headers)
            return urllib.request.urlopen(request, timeout=self.timeout)
        except ValueError as error:
            raise TransferError(f"{url!r}: not an address: {error}") from error

    def _pause(self, url: str, error: Exception, attempt: int) -> None:
        """Wait before the next attempt. Raises TransferError where another makes no sense."""
        status = error.code if isinstance(error, urllib.error.HTTPError) else None
        passing = status in (None, 416, 429) or status >= 500
        if not passing or attempt >= self.retries:
            raise TransferError(f"{url}: {error} (attempt {attempt + 1})") from error
        wait = self.wait * 2**attempt
        if isinstance(error, urllib.error.HTTPError):
            wait = max(wait, _retry_after(error.headers.get("Retry-After")))
        wait = min(wait, LONGEST_WAIT)
        logger.warning("%s: %s, trying again in %g s", url, error, wait)
        time.sleep(wait)


def _retry_after(value: str | None) -> float:
    """Seconds that a Retry-After header asks for, given as a number or as a date."""
    if value is None:
        return 0.0
    if value.isdecimal():
        return float(value)
    date = email.utils.parsedate_tz(value)
    try:
        return 0.0 if date is None else email.utils.mktime_tz(date) - time.time()
    except (ValueError, OverflowError):  # a date that no calendar has
        return 0.0


def _wrong_hash(path: Path, hashes: dict[str, str]) -> str:
    """How the file's digest differs from the one expected; "" where it does not."""
    for name, expected in hashes.items():
        with path.open("rb") as file:
            found = hashlib.file_digest(file, name).hexdigest()
        if found != expected.lower():
            return f"{name} is {found}, expected {expected}"
    return ""
