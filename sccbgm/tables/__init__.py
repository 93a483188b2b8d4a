"""Tables of tidy results, next to the published numbers.

    from sccbgm.tables import CATALOGUE, SUFFIXES, available, build

    table = build("table01", pd.read_parquet("results/metrics.parquet"), Path("resources/paper"))
    table.write(Path("results/tables/table01"))   # that stem + each of SUFFIXES

`CATALOGUE`, `SUFFIXES`, `available(dataset, metrics)` and `find(table_id)` need the standard
library alone; `build` imports pandas when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sccbgm.tables.catalogue import CATALOGUE, SUFFIXES, available, find

if TYPE_CHECKING:
    from sccbgm.tables.assemble import build
    from sccbgm.tables.table import Table

__all__ = ["CATALOGUE", "SUFFIXES", "Table", "available", "build", "find"]

_LAZY = {"build": "sccbgm.tables.assemble", "Table": "sccbgm.tables.table"}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
