"""The README's examples work as printed."""

import re
from pathlib import Path

import pytest
from toy import toy_task

from sccbgm.config.dataset import load_dataset_config
from sccbgm.methods import registry
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Job, Runtime

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def block(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    (found,) = [text for text in blocks if containing in text]
    return found


@pytest.fixture
def own_method(tmp_path: Path):
    path = tmp_path / "my_method.py"
    path.write_text(block("python", "class TowardsEdited"), encoding="utf-8")
    return registry.from_file(path)


def test_own_method_edits_towards_the_edited_cells(own_method) -> None:
    data = toy_task(unseen=False)
    job = Job(Member("toy", "toy", own_method.id, 0), data, own_method.params())
    predicted = own_method.fit([job], Runtime()).predict("edit")[0]["stim"]
    truth = data.targets["stim"].x
    assert ((predicted - truth) ** 2).mean() < ((data.intervene.x - truth) ** 2).mean()


def test_own_dataset_is_a_valid_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(block("yaml", "id: mine"), encoding="utf-8")
    assert load_dataset_config(path).task_ids == ("b_cells",)
