"""A user's method: what is wrong with its file is one line with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sccbgm.config.errors import ConfigError
from sccbgm.config.user_method import load_user_method
from sccbgm.methods import registry
from sccbgm.protocol.method import out_of_range

GOOD = """from __future__ import annotations
from dataclasses import dataclass
from sccbgm.protocol.method import COUNT, Method, hyperparameter

@dataclass(frozen=True)
class Params:
    steps: int = hyperparameter(3, "steps", "own", within=COUNT)

class Mine(Method):
    id = "mine"
    title = "Mine"
    citation = "own"
    Params = Params

    def fit(self, jobs, runtime, stage1=None):
        raise NotImplementedError
"""


def test_a_file_that_keeps_to_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "torch.py"  # the name of a package is a name like any other
    path.write_text(GOOD)
    assert load_user_method(path).params(steps=2).steps == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("class Mine(Method):", "class Mine(Method:", ", line 9: SyntaxError"),
        ("from dataclasses", "import no_such_thing\nfrom dataclasses", ", line 2: ModuleNotFound"),
        ("class Mine", "1 / 0\nclass Mine", ", line 9: ZeroDivisionError: division by zero"),
        ("class Mine", "raise SystemExit('stop')\nclass Mine", ", line 9: SystemExit: stop"),
        ("Mine(Method)", "Mine", ": ValueError: expected one subclass of Method, found none"),
        ("class Mine", "class Two(Method): pass\nclass Mine", "Method, found Two, Mine"),
        ("def fit", "def train", "abstract method fit"),
        ('id = "mine"', "id = 3", "class Mine: id: found 3; expected text"),
        ('title = "Mine"', "", "class Mine: title: found None; expected text"),
        ("    Params = Params", "", "Params: found None; expected a dataclass"),
        ('"own", within=COUNT)', '"own", within=COUNT)\n    x: int', "Error: non-default argument"),
        ("hyperparameter(3,", "hyperparameter(0,", "Params.steps: found 0; expected 1 or more"),
        ('title = "Mine"', 'title, modes = "Mine", "edit"', "modes: found 'edit'; expected names"),
        ('title = "Mine"', 'title, input = "Mine", "genes"', "input: found 'genes'; expected one"),
        ('title = "Mine"', 'title, builds_on = "M", "cvea"', "'cvea'; did you mean 'cvae'?"),
        (
            'title = "Mine"',
            'title, presets = "M", {"reference": {"step": 1}}',
            "presets.reference: unknown hyperparameter 'step'; did you mean 'steps'?",
        ),
    ],
)
def test_a_fault_is_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "mine.py"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError) as error:
        load_user_method(path)
    message = str(error.value)
    assert message.startswith(str(path)) and said in message, message
    assert "\n" not in message


def test_every_number_of_a_registered_method_has_a_range() -> None:
    for method_id in registry.METHODS:
        method = registry.get(method_id)
        for preset in ("recommended", *method.presets):
            assert out_of_range(method.params(preset)) == {}
        for name, field in method.Params.__dataclass_fields__.items():
            if {"int", "float"} & set(str(field.type).split(" | ")):
                assert field.metadata["within"] is not None, f"{method_id}.{name}"


def test_a_number_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"sccbgm: epochs: found 0; expected 1 or more; lr: found"):
        registry.get("sccbgm").params(epochs=0, lr=float("nan"))
    with pytest.raises(ValueError, match=r"dropout: found 1.0; expected a number in \[0, 1\)"):
        registry.get("sccbgm").params(dropout=1.0)
