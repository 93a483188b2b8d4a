"""Methods of a user's that fail in every way that was thought of."""

from __future__ import annotations

from pathlib import Path

FAULTY = '''
import ctypes
import os
import signal
import sys

import numpy as np

from sccbgm.methods.controls import ControlFit, NoEdit
from sccbgm.protocol.method import Failure


class Answers(ControlFit):
    def predict(self, mode):
        return self.spoil(super().predict(mode))


class Faulty(NoEdit):
    id = "METHOD"

    def fit(self, jobs, runtime, stage1=None):
        FIT
        fit = Answers(self, jobs)
        fit.spoil = lambda answers: ANSWERS
        return fit
'''

IN_FIT = {
    "exits": "sys.exit(3)",
    "ends": "os._exit(0)",
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "crashes": "ctypes.string_at(0)",
    "raises": "raise ValueError('no such cells')",
    "full": "raise OSError(28, 'No space left on device')",
}
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


def write_method(workflow: Path, name: str, works: bool = False) -> str:
    """A method of that name in the workflow, which fails as its name says unless it works."""
    fit = "pass" if works else IN_FIT.get(name, "pass")
    answers = "answers" if works else IN_ANSWERS.get(name, "answers")
    code = FAULTY.replace("METHOD", name).replace("FIT", fit).replace("ANSWERS", answers)
    (workflow / f"{name}.py").write_text(code)
    (workflow / f"config/methods/{name}.yaml").write_text(f"file: {name}.py\n")
    return name
