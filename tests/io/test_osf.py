"""The OSF client against a server that behaves like the API, and misbehaves."""

import contextlib
import io
import json
import socket
import time
import zipfile

import pytest
from mutants import each, mutated, spoilt
from osf_server import KEY, OSFServer

from sccbgm.io.archives import extract
from sccbgm.io.osf import OSFClient
from sccbgm.io.transfer import Http, TransferError

CONTENT = bytes(range(256)) * 4000
STORAGE = "/storage/real.zip"
QUICK = Http(retries=3, wait=0.001, timeout=5)


def client(server, **options):
    return OSFClient("abcde", KEY, server.url, Http(**({"wait": 0.001, "retries": 3} | options)))


def fetched(server, tmp_path, **options):
    """The file that the client gets from a server, and the client's errors."""
    with server.running():
        here = client(server, **options)
        here.download(here.find("real.zip"), tmp_path / "real.zip")
    assert not (tmp_path / "real.zip.part").exists()
    return (tmp_path / "real.zip").read_bytes()


def test_lists_all_pages_and_folders():
    files = {"/real.zip": b"1", "/synthetic.zip": b"22", "/extra/notes.txt": b"333"}
    with OSFServer(files).running() as server:
        found = client(server).files()
        assert server.requests["/v2/nodes/abcde/files/osfstorage/"] == 3
    assert [(f.path, f.size) for f in found] == [
        ("/real.zip", 1),
        ("/synthetic.zip", 2),
        ("/extra/notes.txt", 3),
    ]


def test_downloads_through_the_redirect(tmp_path):
    assert fetched(OSFServer({"/real.zip": CONTENT}), tmp_path) == CONTENT


def test_resumes_a_truncated_transfer(tmp_path):
    server = OSFServer({"/real.zip": CONTENT}, {STORAGE: ["truncate", "truncate"]})
    assert fetched(server, tmp_path) == CONTENT
    half = len(CONTENT) // 2
    assert server.range_headers == [None, f"bytes={half}-", f"bytes={half + half // 2}-"]


def test_progress_starts_the_count_of_failures_anew(tmp_path):
    server = OSFServer({"/real.zip": CONTENT}, {STORAGE: ["truncate"] * 8})
    assert fetched(server, tmp_path, retries=1) == CONTENT


def test_goes_on_where_a_killed_run_stopped(tmp_path):
    (tmp_path / "real.zip.part").write_bytes(CONTENT[:1000])
    server = OSFServer({"/real.zip": CONTENT})
    assert fetched(server, tmp_path) == CONTENT
    assert server.range_headers == ["bytes=1000-"]


def test_starts_again_where_the_server_ignores_the_range(tmp_path):
    (tmp_path / "real.zip.part").write_bytes(CONTENT[:1000])
    assert fetched(OSFServer({"/real.zip": CONTENT}, ranges=False), tmp_path) == CONTENT


def test_part_of_another_file_is_found_out_by_its_hash(tmp_path):
    (tmp_path / "real.zip.part").write_bytes(b"x" * 1000)
    assert fetched(OSFServer({"/real.zip": CONTENT}), tmp_path) == CONTENT


def test_part_longer_than_the_file_is_dropped(tmp_path):
    (tmp_path / "real.zip.part").write_bytes(CONTENT + b"more")
    assert fetched(OSFServer({"/real.zip": CONTENT}), tmp_path) == CONTENT


def test_fetches_again_after_one_wrong_hash(tmp_path):
    server = OSFServer({"/real.zip": CONTENT}, {STORAGE: ["corrupt"]})
    assert fetched(server, tmp_path) == CONTENT
    assert server.requests[STORAGE] == 2


def test_wrong_hash_twice_is_an_error_and_leaves_nothing(tmp_path):
    server = OSFServer({"/real.zip": CONTENT}, lie_about_hash=True)
    with pytest.raises(TransferError, match=r"sha256 is .*, expected 0000.*twice"):
        fetched(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_retries_server_errors_and_listing(tmp_path):
    faults = {STORAGE: [500, 500], "/v2/nodes/abcde/files/osfstorage/": [503]}
    assert fetched(OSFServer({"/real.zip": CONTENT}, faults), tmp_path) == CONTENT


def test_waits_as_long_as_a_429_says(tmp_path):
    begin = time.monotonic()
    assert fetched(OSFServer({"/real.zip": CONTENT}, {STORAGE: [(429, 1)]}), tmp_path) == CONTENT
    assert time.monotonic() - begin >= 1.0


def test_goes_on_where_a_transfer_hangs(tmp_path):
    server = OSFServer({"/real.zip": CONTENT}, {STORAGE: ["hang"]})
    assert fetched(server, tmp_path, timeout=0.2) == CONTENT
    assert server.range_headers == [None, f"bytes={len(CONTENT) // 2}-"]


def test_gives_up_on_a_server_that_says_nothing(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/real.zip"
        with pytest.raises(TransferError, match=r"timed out \(attempt 2\)"):
            Http(1, 0.001, 0.1).download(address, tmp_path / "real.zip", None, {})


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "", "http://[", "x"])
def test_only_addresses_of_the_web_are_opened(url, tmp_path):
    with pytest.raises(TransferError, match=r"address|Invalid|no host"):
        QUICK.download(url, tmp_path / "got", None, {})
    assert not (tmp_path / "got").exists()


class Answers(Http):
    """Gives the same body at every address of these, and an empty page at others."""

    def __init__(self, body):
        super().__init__()
        object.__setattr__(self, "body", body)

    def read(self, url):
        return self.body if url.startswith("http://first/") else b'{"data": [], "links": {}}'


LISTING = {
    "data": [
        OSFServer({"/real.zip": b"1"}).item("/real.zip"),
        OSFServer({}).folder("extra"),
    ],
    "links": {"next": "http://127.0.0.1/v2?page=2"},
}


@pytest.mark.parametrize("n", [100, pytest.param(2000, marks=pytest.mark.slow)])
def test_any_listing_is_read_or_refused(n):
    assert len(OSFClient("a", KEY, "http://first", Answers(json.dumps(LISTING))).files()) == 1

    def check(page):
        try:
            found = OSFClient("a", KEY, "http://first", Answers(json.dumps(page))).files()
        except TransferError:
            return
        assert all(isinstance(file.url, str) and file.url for file in found)

    each(n, mutated(LISTING), check)
    for body in spoilt(json.dumps(LISTING).encode(), n):
        with contextlib.suppress(TransferError):
            OSFClient("a", KEY, "http://first", Answers(body)).files()


def test_a_listing_that_comes_back_to_itself_ends():
    again = LISTING | {"links": {"next": "http://first/v2"}}
    with pytest.raises(TransferError, match="comes back to this page"):
        OSFClient("a", KEY, "http://first", Answers(json.dumps(again))).files()


def test_gives_up_with_the_address(tmp_path):
    server = OSFServer({"/real.zip": CONTENT}, {STORAGE: [500] * 9})
    with pytest.raises(TransferError, match=r"download/real.zip.*500.*attempt 4"):
        fetched(server, tmp_path)


def test_says_where_else_the_cells_are(tmp_path, root):
    server = OSFServer({"/real.zip": CONTENT}, {STORAGE: [403]})
    with server.running(), pytest.raises(TransferError, match="403") as error:
        client(server).fetch("real.zip", tmp_path / "real.zip")
    page, _, section = str(error.value).rpartition(" ")[2].partition("#")
    heading = section.replace("-", " ")
    assert f"## {heading}\n" in (root / page).read_text().lower()
    server = OSFServer({"/real.zip": CONTENT})
    with server.running():
        client(server).fetch("real.zip", tmp_path / "real.zip")
    assert (tmp_path / "real.zip").read_bytes() == CONTENT


def test_does_not_retry_what_will_not_pass(tmp_path):
    server = OSFServer({"/real.zip": CONTENT}, {STORAGE: [403]})
    with pytest.raises(TransferError, match="403"):
        fetched(server, tmp_path)
    assert server.requests[STORAGE] == 1


def test_needs_the_key_of_the_view_only_link():
    server = OSFServer({"/real.zip": b"1"})
    with server.running(), pytest.raises(TransferError, match="401"):
        OSFClient("abcde", None, server.url, QUICK).files()


def test_names_the_files_that_there_are():
    server = OSFServer({"/synthetic.zip": b"1"})
    with (
        server.running(),
        pytest.raises(TransferError, match=r"0 files named 'real.zip'; it has /synthetic.zip"),
    ):
        client(server).find("real.zip")


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return buffer.getvalue()


def test_a_member_is_taken_out_of_a_fetched_archive(tmp_path):
    content = zipped(**{"real/kang.h5ad": b"cells" * 100, "real/cui.h5ad": b"other"})
    fetched(OSFServer({"/real.zip": content}), tmp_path)
    extract(tmp_path / "real.zip", "real/kang.h5ad", tmp_path / "real/kang.h5ad")
    assert (tmp_path / "real/kang.h5ad").read_bytes().startswith(b"cells" * 100)


def test_member_in_another_folder_is_found_by_its_name(tmp_path):
    (tmp_path / "a.zip").write_bytes(
        zipped(**{"data/real/kang.h5ad": b"cells", "__MACOSX/data/real/kang.h5ad": b""})
    )
    extract(tmp_path / "a.zip", "real/kang.h5ad", tmp_path / "kang.h5ad")
    assert (tmp_path / "kang.h5ad").read_bytes().startswith(b"cells")
    with pytest.raises(TransferError, match=r"no member 'real/cui.h5ad'; it has data/real/kang"):
        extract(tmp_path / "a.zip", "real/cui.h5ad", tmp_path / "cui.h5ad")
    assert not (tmp_path / "cui.h5ad").exists()


def test_damaged_archive_leaves_no_file(tmp_path):
    data = bytearray(zipped(**{"kang.h5ad": b"cells" * 1000}))
    data[60] ^= 255
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(TransferError):
        extract(tmp_path / "a.zip", "kang.h5ad", tmp_path / "kang.h5ad")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]
