"""A server on loopback that answers like version 2 of the OSF API, and misbehaves on order."""

import hashlib
import json
import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

KEY = "0123456789abcdef"


class OSFServer:
    """Serves `files` (path -> content) of project "abcde", one item a page of the listing.

    faults: address path -> list of faults, used up one a request: an HTTP status, (429, seconds),
    "truncate" (half of what remains, then the connection closes), "corrupt" (one byte changed),
    "hang" (half of what remains, then nothing for a second).
    """

    def __init__(self, files, faults=None, lie_about_hash=False, ranges=True):
        self.files = files
        self.faults = faults or {}
        self.lie_about_hash = lie_about_hash
        self.ranges = ranges
        self.requests = Counter()
        self.range_headers = []
        self.port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v2"

    @contextmanager
    def running(self):
        state = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                answer(state, self)

            def log_message(self, *args):
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def item(self, path):
        content = self.files[path]
        digest = "0" * 64 if self.lie_about_hash else hashlib.sha256(content).hexdigest()
        return {
            "type": "files",
            "attributes": {
                "name": path.rsplit("/", 1)[-1],
                "kind": "file",
                "materialized_path": path,
                "size": len(content),
                "extra": {"hashes": {"md5": hashlib.md5(content).hexdigest(), "sha256": digest}},
            },
            "links": {"download": f"http://127.0.0.1:{self.port}/download{path}"},
        }

    def folder(self, name):
        link = f"{self.url}/nodes/abcde/files/osfstorage/{name}/"
        return {
            "type": "files",
            "attributes": {"name": name, "kind": "folder", "materialized_path": f"/{name}/"},
            "relationships": {"files": {"links": {"related": {"href": link}}}},
            "links": {},
        }


def answer(state, handler):
    parts = urlsplit(handler.path)
    state.requests[parts.path] += 1
    if parts.path.startswith("/storage"):
        pass  # the storage host of a redirect does not ask for the key
    elif parse_qs(parts.query).get("view_only") != [KEY]:
        return reply(handler, 401, b"{}")
    queue = state.faults.get(parts.path, [])
    fault = queue.pop(0) if queue else None
    if isinstance(fault, int):
        return reply(handler, fault, b"oops")
    if isinstance(fault, tuple):
        return reply(handler, fault[0], b"slow down", {"Retry-After": str(fault[1])})
    if parts.path.startswith("/v2/nodes/abcde/files/osfstorage/"):
        return listing(state, handler, parts)
    if parts.path.startswith("/download/"):
        target = f"http://127.0.0.1:{state.port}/storage/{parts.path.removeprefix('/download/')}"
        return reply(handler, 302, b"", {"Location": target})
    path = parts.path.removeprefix("/storage")
    if path not in state.files:
        return reply(handler, 404, b"{}")
    return content(state, handler, state.files[path], fault)


def listing(state, handler, parts):
    folder = parts.path.removeprefix("/v2/nodes/abcde/files/osfstorage/").strip("/")
    if folder:
        items = [state.item(p) for p in state.files if p.startswith(f"/{folder}/")]
    else:
        items = [state.item(p) for p in state.files if p.count("/") == 1]
        items += [
            state.folder(n)
            for n in sorted({p.split("/")[1] for p in state.files if p.count("/") > 1})
        ]
    page = int(parse_qs(parts.query).get("page", ["1"])[0])
    more = (
        f"http://127.0.0.1:{state.port}{parts.path}?page={page + 1}" if page < len(items) else None
    )
    body = {"data": items[page - 1 : page], "links": {"next": more}}
    reply(handler, 200, json.dumps(body).encode(), {"Content-Type": "application/vnd.api+json"})


def content(state, handler, data, fault):
    start = 0
    headers = {}
    wanted = handler.headers.get("Range")
    state.range_headers.append(wanted)
    if wanted and state.ranges:
        start = int(wanted.removeprefix("bytes=").split("-")[0])
        headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
    body = data[start:]
    if fault == "corrupt":
        body = bytes([body[0] ^ 1]) + body[1:]
    handler.send_response(206 if headers else 200)
    headers["Content-Length"] = str(len(body))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2] if fault in ("truncate", "hang") else body)
    if fault == "hang":
        time.sleep(1)


def reply(handler, status, body, headers=None):
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
