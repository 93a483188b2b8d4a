"""How POT, which solves the optimal transport of the metrics, is loaded."""

from __future__ import annotations

import os
import sys
from types import ModuleType

_without: list[str] = []


def load_numpy_only() -> None:
    """Let `pot` load without what POT can do without, whose imports take longer than most scores.

    For a process that does nothing but score, and before its first `import ot`: POT looks for its
    backends and for scikit-learn and networkx once, and another user of it in the process would
    miss them.
    """
    for backend in ("PYTORCH", "JAX", "TENSORFLOW", "CUPY"):
        os.environ[f"POT_BACKEND_DISABLE_{backend}"] = "1"
    _without[:] = ["networkx", "sklearn"]


def pot() -> ModuleType:
    """The module of POT."""
    absent = [name for name in _without if name not in sys.modules]
    # The import system's own sign for a module that is not there
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        import ot
    finally:
        for name in absent:
            del sys.modules[name]
        _without.clear()
    return ot
