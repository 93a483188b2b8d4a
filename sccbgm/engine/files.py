"""Files of tensors and plain values, which hold no code; a full disk is a fault of the machine."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch


def save(content: Any, path: Path) -> None:
    """`torch.save`. Raises OSError where it cannot be written."""
    try:
        torch.save(content, path)
    except RuntimeError as error:  # of a full disk, torch says so in words of its own
        raise OSError(f"{path}: could not be written ({error})") from error


def load(path: Path, device: torch.device | str) -> Any:
    """Content that `save` wrote, on a device: tensors, numbers, text, lists and dicts.

    Raises OSError, naming the file, if it is damaged or holds anything else.
    """
    try:
        return torch.load(path, map_location=device, weights_only=True)
    except (RuntimeError, EOFError, KeyError, ValueError, pickle.UnpicklingError) as error:
        first = str(error).partition("\n")[0]
        raise OSError(f"{path}: damaged, remove it and run again ({first})") from error
