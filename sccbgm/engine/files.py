"""Files of tensors, written whole; a damaged one, or a full disk, is a fault of the machine."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch

from sccbgm.io.files import written_whole


def save(content: Any, path: Path) -> None:
    """`torch.save` beside `path`, then rename. Raises OSError where it cannot be written."""
    with written_whole(path) as beside:
        try:
            torch.save(content, beside)
        except RuntimeError as error:  # of a full disk, torch says so in words of its own
            raise OSError(f"{path}: could not be written ({error})") from error


def load(path: Path, device: torch.device | str, weights_only: bool = True) -> Any:
    """Content that `save` wrote, on a device. Raises OSError, naming the file, if it is damaged."""
    try:
        return torch.load(path, map_location=device, weights_only=weights_only)
    except (RuntimeError, EOFError, KeyError, ValueError, pickle.UnpicklingError) as error:
        first = str(error).partition("\n")[0]
        raise OSError(f"{path}: damaged, remove it and run again ({first})") from error
