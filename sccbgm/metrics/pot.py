"""How POT, which solves the optimal transport of the metrics, is loaded."""

import os


def load_numpy_only() -> None:
    """Let POT load without torch and JAX, whose imports take longer than most scores.

    For a process that does nothing but score, and before its first `import ot`: POT reads these
    variables once, and another user of it in the process would miss the backends.
    """
    for backend in ("PYTORCH", "JAX", "TENSORFLOW", "CUPY"):
        os.environ[f"POT_BACKEND_DISABLE_{backend}"] = "1"
