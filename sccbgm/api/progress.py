"""Shows the progress of a training: a bar, and the losses of every epoch."""

from __future__ import annotations

import dataclasses
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.protocol.method import Epoch, Runtime

if TYPE_CHECKING:
    import pandas as pd


class Progress:
    """Listens to a runtime: `history` has the losses, a bar shows the epochs if asked for."""

    def __init__(self, show: bool, runtime: Runtime) -> None:
        self.show = show
        self._rows: list[dict[str, Any]] = []
        self._bar: Any = None
        self._told = runtime.on_epoch
        self.runtime = dataclasses.replace(runtime, on_epoch=self)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, epoch: Epoch) -> None:
        """Take note of an epoch."""
        self._told(epoch)
        for i, member in enumerate(epoch.members):
            losses = {name: values[i] for name, values in epoch.losses.items()}
            if not np.isnan(losses["loss"]):
                row = {"method": member.method, "seed": member.seed, "epoch": epoch.number}
                self._rows.append(row | losses)
        if self.show:
            self._draw(epoch)

    def history(self) -> pd.DataFrame:
        """Columns method, seed, epoch, loss, and the terms of the loss, NaN where there is none."""
        import pandas as pd

        return pd.DataFrame(self._rows)

    def _draw(self, epoch: Epoch) -> None:
        from tqdm.auto import tqdm

        if epoch.number == 1:
            if self._bar is not None:
                self._bar.close()
            title, seeds = epoch.members[0].method, len(epoch.members)
            several = f" ({seeds} seeds)" if seeds > 1 else ""
            self._bar = tqdm(total=epoch.total, desc=f"{title}{several}", unit="epoch")
        shown = [name for name in ("loss", "validation") if name in epoch.losses]
        means = {name: f"{np.nanmean(epoch.losses[name]):.4f}" for name in shown}
        self._bar.set_postfix(means, refresh=False)
        self._bar.update(epoch.number - self._bar.n)
