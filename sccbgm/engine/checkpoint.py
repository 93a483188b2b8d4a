"""Checkpoints of a training: one file, written whole or not at all, and verified when read."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from sccbgm.engine import files
from sccbgm.io.seals import sealed, verified
from sccbgm.protocol.faults import Refused

if TYPE_CHECKING:
    from sccbgm.engine.train import History, Trainer


class MismatchError(Refused):
    """The checkpoint belongs to another training."""


def fingerprint(trainer: Trainer) -> str:
    """A hash of what a training is: keys, schedule, clipping, shapes, loss weights and data.

    Of bytes, since the last digit of a sum depends on the number of threads. The initial weights
    follow from the members' keys and the shapes.
    """
    digest = hashlib.blake2b(digest_size=16)
    how = (trainer.keys.tolist(), trainer.schedule, trainer.clip_norm)
    digest.update(repr(how).encode())
    for name, parameter in trainer.network.named_parameters():
        digest.update(f"{name}{tuple(parameter.shape)}".encode())
    for name, buffer in trainer.network.named_buffers():
        _add(digest, name, buffer)
    for name, flat in trainer.store.flat.items():
        _add(digest, name, flat)
        _add(digest, name, trainer.store.offsets[name])
    return digest.hexdigest()


def _add(digest: hashlib.blake2b, name: str, values: Tensor) -> None:
    digest.update(f"{name}{tuple(values.shape)}{values.dtype}".encode())
    digest.update(values.cpu().contiguous().numpy().data)


def write(path: Path, identity: str, trainer: dict[str, Any], history: History) -> None:
    """Write the state; a killed write leaves the previous checkpoint."""
    with sealed(path) as beside:
        content = {"identity": identity, "trainer": trainer, "history": vars(history)}
        files.save(content, beside)


def read(path: Path, identity: str, device: torch.device) -> dict[str, Any]:
    """The state that `write` saved, the fields of its history by name.

    Raises MismatchError if its identity is another, OSError if the file is damaged.
    """
    saved = files.load(verified(path), device)
    if saved["identity"] != identity:
        raise MismatchError(
            f"{path}: a checkpoint of another training (other data, parameters or members); "
            "it is kept; remove it to start afresh"
        )
    return saved
