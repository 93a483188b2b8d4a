"""Checkpoints of a training: one file, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from sccbgm.engine.train import History, Trainer


class MismatchError(RuntimeError):
    """The checkpoint belongs to another training."""


def fingerprint(trainer: Trainer) -> str:
    """A hash of what a training is: keys, schedule, clipping, shapes, loss weights and data.

    The initial weights follow from the members' keys and the shapes.
    """
    digest = hashlib.blake2b(digest_size=16)
    how = (trainer.keys.tolist(), trainer.schedule, trainer.clip_norm)
    digest.update(repr(how).encode())
    for name, parameter in trainer.network.named_parameters():
        digest.update(f"{name}{tuple(parameter.shape)}".encode())
    for name, buffer in trainer.network.named_buffers():
        digest.update(name.encode() + buffer.cpu().numpy().tobytes())
    for name, flat in trainer.store.flat.items():
        digest.update(f"{name}{tuple(flat.shape)}{flat.double().sum().item()!r}".encode())
    return digest.hexdigest()


def write(path: Path, identity: str, trainer: dict[str, Any], history: History) -> None:
    """Write beside `path`, then rename: a killed write leaves the previous checkpoint."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    torch.save({"identity": identity, "trainer": trainer, "history": history}, partial)
    os.replace(partial, path)


def read(path: Path, identity: str, device: torch.device) -> dict[str, Any]:
    """The state that `write` saved. Raises MismatchError if its identity is another."""
    saved = torch.load(path, map_location=device, weights_only=False)
    if saved["identity"] != identity:
        raise MismatchError(
            f"{path}: a checkpoint of another training (other data, parameters or members); "
            "remove it to start afresh"
        )
    return saved
