"""A user's methods that fail in every way that was thought of, as long as a file `broken` is there.

When it is gone they edit nothing, with the same code: what failed has to be done again because it
failed, not because a file changed.
"""

from __future__ import annotations

from pathlib import Path

FAULTY = """
import ctypes
import os
import signal
import sys

import numpy as np

from sccbgm.methods.controls import ControlFit, NoEdit
from sccbgm.protocol.method import Failure


class Answers(ControlFit):
    def predict(self, mode):
        answers = super().predict(mode)
        return ANSWERS if os.path.exists("broken") else answers


class Faulty(NoEdit):
    id = "METHOD"
    control = False  # its members are fitted together, as a trained method's are

    def fit(self, jobs, runtime, stage1=None):
        if os.path.exists("broken"):
            FIT
        return Answers(self, jobs)
"""

FATAL = {
    "ends": "os._exit(0)",
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "crashes": "ctypes.string_at(0)",
    "full": "raise OSError(28, 'No space left on device')",
    "hungry": "raise MemoryError",
}
"""Method -> what it does in its fit, after which its job leaves nothing."""

IN_FIT = {"exits": "sys.exit(3)", "raises": "raise ValueError('no such cells')"}
IN_ANSWERS = {
    "fewer": "answers[:1]",
    "more": "[*answers, answers[0]]",
    "nothing": "None",
    "unlucky": "[Failure('no luck'), *answers[1:]]",
    "nan": "[{t: x * np.nan for t, x in a.items()} for a in answers]",
    "wide": "[{t: np.hstack([x, x]) for t, x in a.items()} for a in answers]",
    "words": "[{t: 'cells' for t in a} for a in answers]",
    "lists": "[list(a) for a in answers]",
}
REASONS = {
    "exits": "SystemExit: 3",
    "raises": "ValueError: no such cells",
    "fewer": "ValueError: expected an answer for each of 2 jobs, found 1",
    "more": "ValueError: expected an answer for each of 2 jobs, found 3",
    "nothing": "TypeError: 'NoneType' object is not iterable",
    "unlucky": "no luck",
    "nan": "predicted cells are not finite",
    "wide": "predicted an array of shape",
    "words": "predicted something that is no array of numbers",
    "lists": "answered with list, expected a dict of targets",
}
"""Method -> a part of the reason of its missing numbers; its job ends as any other."""


def faulty(name: str) -> str:
    """The code of the method of that name."""
    code = FAULTY.replace("METHOD", name)
    code = code.replace("FIT", (FATAL | IN_FIT).get(name, "pass"))
    return code.replace("ANSWERS", IN_ANSWERS.get(name, "answers"))


def write_methods(workflow: Path, *names: str) -> None:
    """Methods of these names in a copy of the workflow."""
    for name in names:
        (workflow / f"{name}.py").write_text(faulty(name))
        (workflow / f"config/methods/{name}.yaml").write_text(f"file: {name}.py\n")
