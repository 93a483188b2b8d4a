"""Single-cell concept bottleneck generative models, and the benchmark they are judged in.

`import sccbgm` loads nothing else: the names below are looked up in `sccbgm.api` when used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sccbgm.api import Model, ScCBGM, evaluate, fit, load, setup_concepts
    from sccbgm.api import plots as pl

__all__ = ["Model", "ScCBGM", "evaluate", "fit", "load", "pl", "setup_concepts"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "pl":
        return import_module("sccbgm.api.plots")
    return getattr(import_module("sccbgm.api"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
