"""Several studies in one run: what they share is trained once, what differs has its own files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sccbgm.benchmark.plan import expand
from sccbgm.benchmark.plan_text import as_text
from sccbgm.benchmark.studies import Run, load_run
from sccbgm.benchmark.summary import plan_lines
from sccbgm.config.run import ConfigError, load_config, merged

ONE = {
    "datasets": ["demo"],
    "methods": ["no_edit", "sccbgm", "sccbgm_fm"],
    "seeds": [1, 2],
    "metrics": ["rmmd", "mse"],
    "tables": ["tasks_mse__demo"],
}


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    """A folder of configuration with the repository's datasets."""
    (tmp_path / "studies").mkdir()
    (tmp_path / "datasets").symlink_to(root / "config/datasets")
    (tmp_path / "methods").symlink_to(root / "config/methods")
    (tmp_path / "norman").symlink_to(root / "config/norman")
    return tmp_path


def load(folder: Path, files: dict[str, dict[str, Any]], **of_all: Any) -> Run:
    for id, content in files.items():
        (folder / f"studies/{id}.yaml").write_text(yaml.safe_dump(content))
    run = {"results": str(folder / "results"), "studies": list(files)}
    return load_run(run | of_all, "run.yaml", folder)


def names(run: Run, study: str, method: str) -> list[str]:
    """The names of a method's shards in a study."""
    return [shard.name for shard in run.scored[study].values() if shard.method == method]


def test_equal_members_are_shared(folder: Path) -> None:
    run = load(folder, {"a": ONE, "b": {**ONE, "tables": [], "metrics": ["rfid"]}})
    assert run.scored["a"].keys() == run.scored["b"].keys() == run.shards.keys()
    assert [study.study for study in run.sharing(next(iter(run.shards)))] == ["a", "b"]
    assert run.metrics("demo") == ["mse", "rfid", "rmmd"]
    assert run.ratios("demo") == ["rfid", "rmmd"]


def test_what_has_other_hyperparameters_has_its_own_files_and_so_has_what_builds_on_it(
    folder: Path,
) -> None:
    other = {**ONE, "tables": [], "variants": {"sccbgm": {"default": {"beta": 0.5}}}}
    run = load(folder, {"a": ONE, "b": other, "c": {**other, "seeds": [1]}})
    plain = ["seed1-block0", "seed2-block0"]
    assert [names(run, "a", method) for method in ONE["methods"]] == [plain] * 3
    own = [f"b-{name}" for name in plain]
    assert [names(run, "b", method) for method in ONE["methods"]] == [plain, own, own]
    stages = {s.stage1.name for s in run.scored["b"].values() if s.stage1}
    assert stages == {"b-seed1-block0", "b-seed2-block0"}
    # The third differs from the first, whose name comes first, in the same way
    assert names(run, "c", "sccbgm") == ["c-seed1-block0"]


def test_a_variant_more_shares_the_default(folder: Path) -> None:
    more = {**ONE, "tables": [], "variants": {"sccbgm": {"default": {}, "weak": {"beta": 0.5}}}}
    run = load(folder, {"a": ONE, "b": more})
    own = run.scored["b"].keys() - run.scored["a"].keys()
    assert {run.shards[path][1].variants for path in own} == {("weak",)}


def test_other_blocks_of_tasks_have_their_own_files(folder: Path) -> None:
    run = load(folder, {"a": ONE, "b": {**ONE, "tables": [], "tasks": 1}})
    assert run.blocks("demo").keys() == {"block0", "b_block0"}
    assert names(run, "b", "no_edit") == ["seed1-b_block0", "seed2-b_block0"]
    (first, second) = (run.studies[id].tasks("demo") for id in "ab")
    assert (len(first), len(second)) == (2, 1)
    assert {len(shard.tasks) for shard in run.scored["b"].values()} == {1}


def test_a_study_alone_is_the_same_but_for_names(folder: Path, root: Path) -> None:
    run = load_run(merged([root / "config/config.yaml"]))
    for id, study in run.studies.items():
        alone = load_config(merged([root / f"config/studies/{id}.yaml"]), id)
        assert [s.members for s in expand(study)] == [s.members for s in expand(alone)]
        assert study.config.metrics == alone.config.metrics
        assert study.datasets == alone.datasets


def test_the_paper_trains_what_its_studies_share_once(root: Path) -> None:
    run = load_run(merged([root / "config/config.yaml"]))
    lines = plan_lines(run)
    shared = {id: sum(line.shared for line in lines if line.study == id) for id in run.studies}
    assert shared["real"] == sum(
        line.members for line in lines if line.study in ("kang", "cui", "nault")
    )
    assert (shared["edited_cells"], shared["ablations_kang"]) == (3 * 56, 5 * 56)
    text = as_text(run, lines).splitlines()
    assert [line.split()[0] for line in text[1 : len(run.studies) + 2]] == [*run.studies, "total"]


@pytest.mark.parametrize(
    ("of_all", "said"),
    [
        ({"studies": ["a", "bb"]}, "run.yaml: studies: unknown id 'bb'"),
        ({"studies": ["a", "a"]}, "run.yaml: studies: ['a'] named more than once"),
        ({"studies": []}, "run.yaml: studies"),
        ({"studies": ["norman"]}, "run.yaml: studies: expected one of a at least"),
        ({"methods": ["cvae"]}, "run.yaml: methods: of a run of studies; expected in a study's"),
        ({"sedes": [1]}, "run.yaml: unknown key 'sedes'; did you mean 'seeds'?"),
        ({"seeds": ["x"]}, "a.yaml: seeds.0: found 'x'"),
    ],
)
def test_faults_are_named(folder: Path, of_all: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as fault:
        load(folder, {"a": ONE}, **of_all)
    assert said in str(fault.value)


def test_an_output_of_two_studies_is_a_fault(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"a and b both have tasks_mse__demo"):
        load(folder, {"a": ONE, "b": ONE})


def test_experiments_on_double_perturbations_are_studies_too(folder: Path) -> None:
    run = load(folder, {"a": ONE}, studies=["a", "norman"])
    assert (list(run.studies), run.experiments) == (["a"], ("norman",))


def test_who_makes_an_output(folder: Path) -> None:
    run = load(folder, {"a": ONE, "b": {**ONE, "tables": [], "metrics": ["rfid"]}})
    assert run.owner("tables", "tasks_mse__demo") == "a"
    assert run.owner("tables", "tasks_rfid__demo") == "b"
    with pytest.raises(ConfigError, match="unknown table 'tabel01'"):
        run.owner("tables", "tabel01")
