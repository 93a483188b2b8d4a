"""A checkpoint continues its own training on any number of threads, and no other training."""

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from engine_toys import trainer

from sccbgm.engine import checkpoint, files
from sccbgm.engine.train import History, train
from sccbgm.io.seals import Damaged, sealed
from sccbgm.protocol.faults import of_machine


def silent(line: str) -> None:
    pass


def test_the_identity_does_not_depend_on_the_number_of_threads():
    """Sums of these numbers do, in their last digit."""
    t = trainer([0], [30])
    values = np.random.default_rng(0).lognormal(size=(1_000_003, 5)).astype(np.float32)
    t.store.flat["x"] = torch.from_numpy(values)
    found, before = set(), torch.get_num_threads()
    try:
        for threads in (1, 2, 3, 4):
            torch.set_num_threads(threads)
            found.add(checkpoint.fingerprint(t))
    finally:
        torch.set_num_threads(before)
    assert len(found) == 1


def swap_two_cells(t):
    t.store.flat["x"][[0, 1]] = t.store.flat["x"][[1, 0]]


def turn_a_sign(t):
    t.store.flat["x"][0, 0] *= -1


def share_cells(t):
    t.store.offsets["x"].zero_()


def weigh_otherwise(t):
    t.network.beta[1] *= 2


@pytest.mark.parametrize("change", [swap_two_cells, turn_a_sign, share_cells, weigh_otherwise])
def test_the_identity_is_that_of_the_data_cell_by_cell(change):
    t = trainer([0, 1], [30, 30])
    before = checkpoint.fingerprint(t)
    change(t)
    assert checkpoint.fingerprint(t) != before


def test_a_checkpoint_of_another_training_is_refused_and_kept(tmp_path):
    path = tmp_path / "state.pt"
    train(trainer([0], [30]), silent, path)
    written = path.read_bytes()
    with pytest.raises(checkpoint.MismatchError, match="another training") as refused:
        train(trainer([0], [31]), silent, path)
    assert of_machine(refused.value)
    assert path.read_bytes() == written
    assert train(trainer([0], [30]), silent, path).losses


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"not a checkpoint"])
def test_a_damaged_checkpoint_is_named_and_kept(tmp_path, content):
    path = tmp_path / "state.pt"
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"state\.pt: damaged"):
        train(trainer([0], [30]), silent, path)
    assert path.read_bytes() == content


def test_a_full_disk_is_a_fault_of_the_machine_and_leaves_the_last_file(tmp_path, monkeypatch):
    path = tmp_path / "state.pt"
    checkpoint.write(path, "a", {"step": 1}, History())
    save = torch.save
    monkeypatch.setattr(torch, "save", lambda content, beside: save(content, "/dev/full"))
    with pytest.raises(OSError, match="could not be written"):
        checkpoint.write(path, "a", {"step": torch.zeros(10**6)}, History())
    assert checkpoint.read(path, "a", torch.device("cpu"))["trainer"] == {"step": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["state.pt"]


class Code:
    """An object that, unpickled, makes a file: what loading must never do."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_code_in_a_checkpoint_or_in_weights_is_not_run(tmp_path):
    path, made = tmp_path / "state.pt", tmp_path / "made"
    with sealed(path) as beside:
        torch.save({"identity": "a", "trainer": Code(made)}, beside)
    with pytest.raises(OSError, match=r"state\.pt: .*[Ww]eights.only"):
        checkpoint.read(path, "a", torch.device("cpu"))
    with pytest.raises(OSError, match=r"state\.pt"):
        files.load(path, "cpu")
    assert not made.exists()


def test_one_flipped_byte_stops_the_training_with_a_name(tmp_path):
    path = tmp_path / "state.pt"
    train(trainer([0], [30]), silent, path)
    good = path.read_bytes()
    for place in range(0, len(good), len(good) // 20):
        path.write_bytes(good[:place] + bytes([good[place] ^ 4]) + good[place + 1 :])
        with pytest.raises(Damaged, match=r"state\.pt: damaged: .*sccbgm retry"):
            train(trainer([0], [30]), silent, path)


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, 20), (10.0, 5)])
def test_checkpoints_take_a_fiftieth_of_the_time_at_most(tmp_path, monkeypatch, seconds, expected):
    """Of 20 epochs of 100 seconds: each saved after a minute, or one in 5 that takes 10 s."""
    t, clock = trainer([0], [30], epochs=20), [0.0]
    advance = t.advance
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def slowly(*arguments):
        clock[0] += 100
        advance(*arguments)

    def write(*arguments):
        clock[0] += seconds
        written.append(clock[0])

    written: list[float] = []
    monkeypatch.setattr(t, "advance", slowly)
    monkeypatch.setattr(checkpoint, "write", write)
    train(t, silent, tmp_path / "state.pt", minutes=1)
    assert len(written) == expected
    assert seconds * len(written) <= 0.03 * clock[0]
