"""Answers of the packages' models as files: what a killed job has finished is not done again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from sccbgm.io.seals import sealed, verified
from sccbgm.protocol.keys import derive_key
from sccbgm.protocol.method import Job

Answer = TypeVar("Answer")


class KeptAnswers(Generic[Answer]):
    """One file a job; `kind` makes an answer of its fields.

    folder: of one shard, its data and its code; None to keep nothing.
    """

    def __init__(self, folder: Path | None, kind: Callable[..., Answer]) -> None:
        self.folder, self.kind = folder, kind

    def read(self, job: Job) -> Answer | None:
        """The answer of a job, None if it has given none. Raises OSError if it is damaged."""
        from sccbgm.engine import files

        path = self._path(job)
        if path is None or not path.exists():
            return None
        return self.kind(**arrays(files.load(verified(path), "cpu")))

    def write(self, job: Job, answer: Answer) -> None:
        """Keep the answer of a job."""
        from sccbgm.engine import files

        if (path := self._path(job)) is not None:
            with sealed(path) as beside:
                fields = answer if isinstance(answer, Mapping) else vars(answer)
                files.save(tensors(fields), beside)

    def _path(self, job: Job) -> Path | None:
        if self.folder is None:
            return None
        return self.folder / f"answer-{derive_key(str(job.member)):016x}.pt"


def tensors(value: Any) -> Any:
    """Dicts and lists of arrays as the same of tensors, which a file can hold without code."""
    import torch

    return _with_leaves(torch.from_numpy, value)


def arrays(value: Any) -> Any:
    """Dicts and lists of tensors as the same of arrays."""
    return _with_leaves(lambda tensor: np.asarray(tensor), value)


def _with_leaves(change: Callable[[Any], Any], value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_leaves(change, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_leaves(change, item) for item in value]
    return value if isinstance(value, str) else change(value)
