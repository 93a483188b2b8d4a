"""Single-cell concept bottleneck generative models, and the benchmark they are judged in.

`import sccbgm` loads nothing else: the names below are looked up in `sccbgm.api` when used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sccbgm.api import Model, ScCBGM, fit, load, setup_concepts

__all__ = ["Model", "ScCBGM", "fit", "load", "setup_concepts"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sccbgm import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
