"""Training data on the device, and the gather that makes a minibatch of every member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from sccbgm.nn.batch import Batch


class Store:
    """The training cells of all members, each array held once however many members share it.

    Fields of a member are (n_cells, ...) arrays of equal length, held as float32, or as int64 if
    they are integers (row numbers). Members may differ in length; arrays that are the same object
    are stored once.
    """

    def __init__(
        self, members: Sequence[Mapping[str, np.ndarray]], device: torch.device | str
    ) -> None:
        self.sizes = torch.tensor([len(next(iter(m.values()))) for m in members])
        self.flat: dict[str, Tensor] = {}
        self.offsets: dict[str, Tensor] = {}
        for name in members[0]:
            arrays = [member[name] for member in members]
            if [len(array) for array in arrays] != self.sizes.tolist():
                raise ValueError(f"field {name!r}: its length differs from the other fields'")
            unique = {id(array): array for array in arrays}
            starts = dict(
                zip(unique, np.cumsum([0, *map(len, unique.values())]).tolist(), strict=False)
            )
            flat = np.concatenate(list(unique.values()))
            kind = np.int64 if np.issubdtype(flat.dtype, np.integer) else np.float32
            self.flat[name] = torch.from_numpy(flat.astype(kind, copy=False)).to(device)
            self.offsets[name] = torch.tensor([starts[id(a)] for a in arrays], device=device)
        self.sizes = self.sizes.to(device)

    def gather(self, rows: Tensor) -> Batch:
        """The batch of the cells `rows` (M, B); a row number past the member's end is padding.

        Padding takes the values of the member's first cell, and weight 0.
        """
        valid = rows < self.sizes[:, None]
        fields = self.take(torch.where(valid, rows, 0), *self.flat)
        return Batch(fields, valid.float(), self.take)

    def take(self, rows: Tensor, *names: str) -> dict[str, Tensor]:
        """Named fields of the cells `rows` (M, B), all of them cells of their member."""
        return {name: self.flat[name][rows + self.offsets[name][:, None]] for name in names}
