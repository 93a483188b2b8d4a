"""The template of a method and the code of docs/own_*.md do what their pages say."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from toy import EFFECT, eight_types_task, toy_task

from sccbgm.benchmark.studies import load_run
from sccbgm.config.run import merged
from sccbgm.config.user_method import load_user_method
from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Failure, Job, Method, Runtime
from sccbgm.protocol.task import TaskData

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "templates/method"


@pytest.fixture(autouse=True)
def path() -> Iterator[None]:
    """A method's folder is put on the path of modules; here it goes again."""
    before = list(sys.path)
    yield
    sys.path[:] = before


def of_page(page: str, containing: str, folder: Path) -> Method:
    """The method that a page's block of Python defines."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    (found,) = [block for block in blocks if containing in block]
    file = folder / "of_page.py"
    file.write_text(found, encoding="utf-8")
    return load_user_method(file)


def jobs(method: Method, data: TaskData, seeds: int = 1, **params: object) -> list[Job]:
    return [
        Job(Member("toy", data.task.id, method.id, seed), data, method.params(**params))
        for seed in range(seeds)
    ]


def test_the_template_shifts_the_cells_and_says_how_it_goes() -> None:
    method, said = load_user_method(TEMPLATE / "my_method.py"), []
    data = toy_task()
    fit = method.fit(jobs(method, data, seeds=2), Runtime(report=said.append))
    whole, _ = fit.predict("edit")
    moved = (whole["stim"] - data.intervene.x).mean(axis=0)
    assert moved[0] == pytest.approx(EFFECT, abs=0.3), "the stimulus adds to this dimension"
    half = method.fit(jobs(method, data, step=0.5), Runtime()).predict("edit")[0]["stim"]
    np.testing.assert_allclose(half - data.intervene.x, np.tile(moved / 2, (len(half), 1)), 1e-3)
    assert said == ["member 1 of 2", "member 2 of 2"]


def test_the_template_fails_with_a_reason_where_nothing_shows_the_edit() -> None:
    method, data = load_user_method(TEMPLATE / "my_method.py"), toy_task()
    data.train.concepts[:, -1] = 0
    answer = method.fit(jobs(method, data), Runtime()).predict("edit")[0]
    assert isinstance(answer, Failure) and "no training cells with" in answer.reason


def test_the_templates_run_is_valid_and_plans_its_method(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TEMPLATE)
    run = load_run(merged([Path("run.yaml")]), "run.yaml")
    planned = [shard for _, shard in run.shards.values() if shard.method == "my_method"]
    assert {v for shard in planned for v in shard.variants} == {"default", "half"}


def test_the_pages_method_jitters(tmp_path: Path) -> None:
    method, data = of_page("own_method.md", "class Jitter", tmp_path), toy_task()
    first, again = (method.fit(jobs(method, data), Runtime()).predict("edit") for _ in range(2))
    np.testing.assert_array_equal(first[0]["stim"], again[0]["stim"])
    spread = (first[0]["stim"] - data.intervene.x).std() / data.intervene.x.std()
    assert 0.5 < spread < 1.5


def test_the_pages_network_learns_the_effect_in_a_stack_as_alone(tmp_path: Path) -> None:
    method, data = of_page("own_network.md", "class ConceptMean", tmp_path), eight_types_task()
    small = {"epochs": 40, "hidden_dim": 32, "lr": 1e-2, "batch_size": 64}
    members = jobs(method, data, seeds=3, **small)
    together = method.fit(members, Runtime(device="cpu")).predict("edit")
    truth, unedited = data.targets["stim"].x, data.intervene.x
    for answer in together:
        error = np.square(answer["stim"] - truth).mean()
        assert error < 0.3 * np.square(unedited - truth).mean()
    (alone,) = method.fit(members[1:2], Runtime(device="cpu")).predict("edit")
    np.testing.assert_allclose(alone["stim"], together[1]["stim"], atol=1e-4)
