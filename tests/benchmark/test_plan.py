"""Members and shards of a configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sccbgm.benchmark.depends import shard_settings
from sccbgm.benchmark.plan import Shard, batched, expand, scored_as, with_first_stages
from sccbgm.benchmark.plan_text import as_text
from sccbgm.benchmark.studies import Run
from sccbgm.benchmark.summary import plan_lines, training_work
from sccbgm.config.run import Benchmark, ConfigError, load_config
from sccbgm.config.sources import FileSource


@pytest.fixture
def plan(root: Path) -> Any:
    """Benchmark of the demonstration dataset (two tasks) with changes."""

    def make(**changes: Any) -> Benchmark:
        base = {"datasets": ["demo"], "methods": ["sccbgm"], "seeds": [1, 2]}
        return load_config(base | changes, folder=root / "config")

    return make


def by_path(benchmark: Benchmark) -> dict[str, Shard]:
    return {shard.path: shard for shard in with_first_stages(expand(benchmark))}


def test_a_shard_is_a_seed_and_a_block_of_tasks(plan: Any) -> None:
    shards = by_path(plan())
    assert list(shards) == [f"demo/recommended/sccbgm/seed{s}-block0" for s in (1, 2)]
    members = shards["demo/recommended/sccbgm/seed1-block0"].members
    assert [(m.task, m.seed, m.variant) for m in members] == [
        ("intervention_0", 1, "default"),
        ("intervention_1", 1, "default"),
    ]
    assert len(by_path(plan(shard={"tasks": 1}))) == 4
    both = by_path(plan(shard={"seeds": 2}))
    assert list(both) == ["demo/recommended/sccbgm/seed1_2-block0"]
    assert len({str(member) for shard in both.values() for member in shard.members}) == 4


def test_more_of_anything_adds_shards_and_changes_none(plan: Any) -> None:
    old = by_path(plan())
    for changes in (
        {"seeds": [1, 2, 3]},
        {"methods": ["no_edit", "sccbgm", "vanilla_fm"]},
        {"presets": ["recommended", "reference"], "methods": ["sccbgm", "vanilla_fm"]},
        {"variants": {"sccbgm": {"default": {}, "wide": {"hidden_dim": 8}}}},
    ):
        new = by_path(plan(**changes))
        assert len(new) > len(old)
        assert {path: new[path] for path in old} == old, changes


def test_a_second_stage_brings_its_first(plan: Any) -> None:
    benchmark = plan(methods=["sccbgm_fm"], seeds=[1])
    second = expand(benchmark)
    assert [shard.method for shard in second] == ["sccbgm_fm"]
    first = second[0].stage1
    assert first is not None and first.name == second[0].name and first.method == "sccbgm"
    assert [shard.method for shard in with_first_stages(second)] == ["sccbgm", "sccbgm_fm"]


def test_a_method_that_trains_one_member_at_a_time_has_jobs_of_few(plan: Any) -> None:
    four = plan(datasets=["kang"], methods=["biolord_fm"], seeds=[1, 2, 3, 4], shard={"seeds": 4})
    shards = expand(four)
    assert {len(shard.members) for shard in shards[:-1]} == {8}
    assert [shard.name for shard in shards[:2]] == [f"seed1_2_3_4-part{i}-block0" for i in (0, 1)]
    assert {shard.block for shard in shards} == {"block0"}
    tasks = [task for shard in shards for task in shard.tasks]
    assert sorted(tasks) == sorted(four.datasets["kang"].task_ids)
    for shard in shards:
        assert shard.stage1 is not None
        assert (shard.stage1.method, shard.stage1.name) == ("biolord", shard.name)
    one = expand(plan(datasets=["kang"], methods=["biolord_fm"], seeds=[1, 2, 3, 4]))
    assert max(len(shard.members) for shard in one) == 8


def test_variants_of_equal_shapes_share_a_shard_but_for_the_default(plan: Any) -> None:
    variants = {
        "default": {},
        "weak": {"lambda_orthogonality": 0.1},
        "small": {"latent_dim": 16},
        "strong": {"lambda_orthogonality": 0.9},
    }
    shards = list(by_path(plan(seeds=[1], variants={"sccbgm": variants})).values())
    assert {shard.variants for shard in shards} == {("default",), ("strong", "weak"), ("small",)}
    names = {shard.variants: shard.name for shard in shards}
    assert names[("default",)] == "seed1-block0"
    assert len(set(names.values())) == 3
    assert all(name.startswith("seed1-") for name in names.values())


def test_a_variant_continues_from_the_first_stage_of_its_name(plan: Any) -> None:
    first = {"default": {}, "small": {"latent_dim": 16}}
    both = {"sccbgm": first, "sccbgm_fm": {"default": {}, "small": {}, "fast": {"lr": 1.0}}}
    benchmark = plan(methods=["sccbgm", "sccbgm_fm"], seeds=[1], variants=both)
    stages = {s.variants: s.stage1.variants for s in expand(benchmark) if s.stage1 is not None}
    assert stages == {v: ("small",) if v == ("small",) else ("default",) for v in stages}
    assert set(stages) == {("default",), ("fast",), ("small",)}


def test_a_first_stage_without_the_default_is_a_fault(plan: Any) -> None:
    variants = {"sccbgm": {"a": {}}, "sccbgm_fm": {"b": {}}}
    with pytest.raises(ConfigError, match="variants.sccbgm_fm"):
        expand(plan(methods=["sccbgm_fm"], variants=variants))


def test_a_method_without_a_reference_preset_is_run_once(plan: Any) -> None:
    both = {"presets": ["recommended", "reference"], "seeds": [1]}
    found = {(s.method, s.preset) for s in expand(plan(methods=["no_edit", "vanilla_fm"], **both))}
    assert found == {
        ("no_edit", "recommended"),
        ("vanilla_fm", "recommended"),
        ("vanilla_fm", "reference"),
    }
    some = both | {"methods": ["sccbgm", "vanilla_fm", "sccbgm_fm"]}
    kept = expand(plan(**some, reference_methods=["vanilla_fm"]))
    assert {s.method for s in kept if s.preset == "reference"} == {"vanilla_fm"}
    only = plan(methods=["no_edit"], presets=["reference"])
    assert {shard.preset for shard in expand(only)} == {"recommended"}


def test_what_a_method_without_that_preset_predicts_is_scored_by_both_rules(plan: Any) -> None:
    some = {"methods": ["no_edit", "vanilla_fm"], "seeds": [1]}
    both = plan(**some, presets=["recommended", "reference"])
    assert scored_as(both, "no_edit", "recommended") == ("recommended", "reference")
    assert scored_as(both, "vanilla_fm", "recommended") == ("recommended",)
    assert scored_as(both, "vanilla_fm", "reference") == ("reference",)
    kept = plan(**some, presets=["recommended", "reference"], reference_methods=["vanilla_fm"])
    assert scored_as(kept, "no_edit", "recommended") == ("recommended",)
    assert scored_as(plan(**some), "no_edit", "recommended") == ("recommended",)
    only = plan(**some, presets=["reference"])
    assert scored_as(only, "no_edit", "recommended") == ("reference",)


def test_settings_hold_what_determines_a_result(plan: Any) -> None:
    a, b = plan(seeds=[1]), plan(seeds=[1], params={"epochs": 3})
    settings = [shard_settings(benchmark, expand(benchmark)[0]) for benchmark in (a, b)]
    assert settings[0] != settings[1]
    assert settings[1]["variants"]["default"]["epochs"] == 3
    threads = plan(seeds=[1], runtime={"threads": 7})
    assert shard_settings(threads, expand(threads)[0]) == settings[0]


def test_the_work_of_a_training_is_comparable_within_a_run(plan: Any, tmp_path: Path) -> None:
    def works(*datasets: str, method: str) -> set[float]:
        run = plan(datasets=list(datasets), methods=[method], params={"epochs": 2}, tasks=1)
        return {training_work(run, shard) for shard in by_path(run).values()}

    assert works("demo", method="sccbgm") == {2.0 * (plan().datasets["demo"].n_cells or 0)}
    assert works("demo", method="no_edit") == {1.0}
    config = plan().datasets["demo"]
    unknown = config.model_copy(update={"source": FileSource(kind="file", path="cells.h5ad")})
    run = plan(datasets=["demo"], params={"epochs": 2}, tasks=1)
    run = replace(run, datasets={"demo": config, "other": unknown})
    assert {training_work(run, shard) for shard in expand(run)} == {2.0}


def test_batched() -> None:
    assert list(batched((1, 2, 3, 4, 5), 2)) == [(1, 2), (3, 4), (5,)]


def test_the_plan_of_a_sweep_counts_members_and_steps(plan: Any, tmp_path: Path) -> None:
    sweep = {f"b{i}": {"beta": 10.0**-i} for i in range(1, 6)}
    benchmark = plan(
        results=str(tmp_path),
        methods=["no_edit", "sccbgm"],
        params={"epochs": 10, "batch_size": 100},
        variants={"sccbgm": sweep},
    )
    lines = {line.method: line for line in plan_lines(Run({"": benchmark}))}
    # 5 variants x 2 tasks x 2 seeds, in a shard a seed; 3,000 cells are 30 batches
    assert (lines["sccbgm"].members, lines["sccbgm"].shards) == (20, 2)
    assert lines["sccbgm"].steps == 20 * 10 * 30
    assert lines["no_edit"].steps == 0
    text = as_text(Run({"": benchmark}), list(lines.values())).splitlines()
    assert text[3].split() == ["total", "24", "4", "6,000"]
    assert text[-1].startswith("expected hours: unknown")
