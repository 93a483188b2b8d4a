"""One member out of a tar archive; zip archives are part of the downloads' tests."""

import io
import tarfile

import pytest

from sccbgm.io import seals
from sccbgm.io.archives import extract
from sccbgm.io.seals import verified
from sccbgm.io.transfer import TransferError


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "all.tar"
    with tarfile.open(path, "w") as tar:
        for name in ("folder/other.h5ad", "folder/wanted.h5ad", "../outside.h5ad"):
            entry = tarfile.TarInfo(name)
            entry.size = len(name)
            tar.addfile(entry, io.BytesIO(name.encode()))
    return path


def test_the_one_member_is_kept(archive, tmp_path):
    extract(archive, "wanted.h5ad", tmp_path / "got.h5ad")
    assert (tmp_path / "got.h5ad").read_bytes()[: -seals.LENGTH] == b"folder/wanted.h5ad"
    assert verified(tmp_path / "got.h5ad")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["all.tar", "got.h5ad"]


def test_a_path_that_leaves_the_folder_is_not_followed(archive, tmp_path):
    extract(archive, "../outside.h5ad", tmp_path / "in" / "got.h5ad")
    assert sorted(p.name for p in tmp_path.rglob("*.h5ad")) == ["got.h5ad"]


def test_a_missing_member_and_a_damaged_archive_are_named(archive, tmp_path):
    with pytest.raises(TransferError, match="no member 'absent.h5ad'; it has folder/other.h5ad"):
        extract(archive, "absent.h5ad", tmp_path / "none.h5ad")
    archive.write_bytes(archive.read_bytes()[:700])
    with pytest.raises(TransferError, match="all.tar"):
        extract(archive, "wanted.h5ad", tmp_path / "none.h5ad")
    archive.write_bytes(b"no archive")
    with pytest.raises(TransferError, match="all.tar"):
        extract(archive, "wanted.h5ad", tmp_path / "none.h5ad")
    assert not (tmp_path / "none.h5ad").exists()
