"""The studies of the paper as configurations: how many runs they are, at full and reduced size."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sccbgm.benchmark import cost
from sccbgm.benchmark.collect import own_settings
from sccbgm.benchmark.cost import read_timings, work
from sccbgm.benchmark.plan import expand
from sccbgm.benchmark.plan_text import as_text
from sccbgm.benchmark.studies import Run
from sccbgm.benchmark.summary import plan_lines
from sccbgm.benchmark.train import shard_settings
from sccbgm.config.run import Benchmark, ConfigError, load_config, merged
from sccbgm.config.sweep import Sweep, expand_sweep
from sccbgm.protocol.variants import Variant, parse

SETTINGS = "hidden_dim 256, n_layers 2, epochs 60."
TRAINED = {"sccbgm", "cbgm", "sccbgm_fm", "vanilla_fm", "cinema_ot", "biolord", "sccbgm_ae"}


@pytest.fixture
def study(root: Path) -> Any:
    """Load configurations of the repository, later ones on top."""

    def load(*names: str) -> Benchmark:
        folders = [root / "config/studies", root / "config"]
        paths = [next(p for f in folders if (p := f / f"{name}.yaml").exists()) for name in names]
        return load_config(merged(paths), folder=root / "config")

    return load


def totals(benchmark: Benchmark) -> tuple[int, int, int]:
    """Members, results and results as the paper counts them, of methods that are trained."""
    lines = [line for line in plan_lines(Run({"": benchmark})) if line.method in TRAINED]
    return tuple(sum(getattr(line, n) for line in lines) for n in ("members", "results", "listed"))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("noise", (1215, 1215, 1350)),
        ("encoders", (112, 112, 112)),
        ("sweep", (4320, 4320, 4320)),
        ("synthetic", (300, 420, 420)),
        ("concept_counts", (60, 60, 60)),
        ("ablations_synthetic", (1296, 1296, 1440)),
        ("ablations_kang", (672, 672, 672)),
    ],
)
def test_full_grids_are_those_of_the_paper(
    study: Any, name: str, expected: tuple[int, int, int]
) -> None:
    assert totals(study(name)) == expected


def test_the_grid_of_figure_8_is_a_few_dozen_jobs_a_model(study: Any) -> None:
    shards = [shard for shard in expand(study("sweep")) if shard.method in TRAINED]
    assert len(shards) == 40
    assert {len(shard.members) for shard in shards} == {108}
    benchmark = study("sweep")
    settings = shard_settings(benchmark, shards[0])["variants"]
    assert len({json.dumps(value) for value in settings.values()}) == 54


def test_variants_of_one_architecture_are_one_shard(study: Any) -> None:
    shards = [shard for shard in expand(study("ablations_kang")) if shard.method in TRAINED]
    together = Counter({shard.variants: 0 for shard in shards})
    for shard in shards:
        together[shard.variants] += len(shard.members)
    one, two = 14 * 4, 2 * 14 * 4
    assert together == {
        ("default",): two,
        ("a03",): one,
        ("a02",): one,
        ("a04", "a06"): two,
        ("a05",): one,
        ("a12",): one,
        ("a07",): one,
        ("a08", "a09"): two,
        ("a10",): one,
    }


def test_settings_of_the_gene_space(study: Any) -> None:
    benchmark = study("noise")
    scc, cbgm = (
        benchmark.methods[m].params("synthetic_2_genes", "recommended", "missing_3")
        for m in ("sccbgm", "cbgm")
    )
    assert (scc.hidden_dim, scc.latent_dim, scc.batch_size, scc.epochs) == (128, 64, 512, 200)
    assert (scc.decoder, scc.orthogonality, scc.lambda_concept) == (
        "skip",
        "cross_covariance",
        0.005,
    )
    assert (cbgm.hidden_dim, cbgm.decoder, cbgm.orthogonality) == (256, "no_residual", "cosine")
    ablation = study("ablations_synthetic").methods["cbgm"]
    assert ablation.params("synthetic_1_genes", "recommended", "a07_irrelevant_1").hidden_dim == 128


def test_other_settings_that_may_be_the_published_ones(study: Any) -> None:
    entry = study("noise").methods["cbgm"]
    older = entry.params("synthetic_1_genes", "recommended", "older_missing_3")
    assert (older.hidden_dim, older.decoder, older.lambda_concept) == (128, "skip", 0.1)
    assert (older.lambda_orthogonality, older.epochs) == (0.2, 200)
    own = study("ablations_own_settings").methods["cbgm"]
    for variant, decoder in (("default", "no_residual"), ("a07", "skip"), ("a08", "skip")):
        p = own.params("synthetic_1_genes", "recommended", variant)
        assert (p.hidden_dim, p.latent_dim, p.lambda_concept) == (128, 128, 0.05)
        assert p.decoder == decoder


def test_the_flow_of_figure_4_is_on_the_stimulus_alone(study: Any) -> None:
    figure, paper = study("edited_cells"), study("kang")
    for benchmark, variant, expected in ((figure, "stimulus", "edited"), (paper, "default", "all")):
        params = benchmark.methods["vanilla_fm"].params("kang", "recommended", variant)
        assert params.conditioned_on == expected


def test_the_flows_of_nault_train_for_half_the_epochs(study: Any) -> None:
    methods = study("real").methods
    for name in ("sccbgm_fm", "vanilla_fm", "cvae_fm", "biolord_fm"):
        epochs = [methods[name].params(d, "recommended").epochs for d in ("kang", "nault")]
        assert epochs == [200, 100], name


def test_a_reduced_study_is_smaller_and_says_so_everywhere(study: Any) -> None:
    full, small = study("noise"), study("noise", "reduced")
    assert small.results == full.results.with_name("noise_reduced")
    assert totals(small)[0] == 3 * 9 * 3 * 2
    for name, dataset in small.datasets.items():
        assert not full.datasets[name].reduced
        assert "2,000 of 20,000 cells" in dataset.reduced
        assert "epochs at most 20" in dataset.reduced
        assert dataset.preprocess.target_sum == 10000 * 250 / 5000
    params = small.methods["cbgm"].params("synthetic_1_genes", "recommended")
    assert (params.epochs, params.batch_size, params.hidden_dim) == (20, 128, 256)
    swept = study("sweep", "reduced")
    settings = [set(swept.methods[m].variants) for m in ("cbgm", "sccbgm")]
    assert settings[0] == settings[1] and len(settings[0]) == 36
    assert settings[0] <= set(study("sweep").methods["cbgm"].variants)


def test_a_run_at_other_settings_says_which(study: Any, shared_data: Path) -> None:
    benchmark = study("kang_reduced", "kang_reduced_all")
    shards = {shard.method: shard for shard in expand(benchmark)}
    said = {name: own_settings(benchmark, shards[name]) for name in ("no_edit", "cvae", "scgen")}
    common = f"Own settings, where a method has them: {SETTINGS}"
    assert said == {"no_edit": "", "cvae": common, "scgen": f"{common} For scgen: epochs 15."}


def test_names_of_variants_say_their_noise() -> None:
    for variant in (
        Variant(),
        Variant("a02"),
        Variant(kind="missing", level=3),
        Variant("a02_b", "irrelevant", 1),
    ):
        assert parse(variant.name) == variant
    assert parse("missing_genes") == Variant("missing_genes")


def test_a_sweep_is_the_product_of_variants_grid_and_noise() -> None:
    sweep = Sweep.model_validate(
        {
            "params": {"a": {"beta": [1e-5, 0.5], "width": [2]}},
            "noise": {"kinds": ["clean", "missing"], "levels": [1, 3]},
        }
    )
    found = expand_sweep(sweep, {"a": {"default": {"x": 1}, "deep": {"x": 2}}}, ["a", "b"])
    assert list(found["b"]) == ["default", "missing_1", "missing_3"]
    assert len(found["a"]) == 2 * 2 * 3
    assert found["a"]["deep_beta1em05_width2_missing_3"] == {"x": 2, "beta": 1e-5, "width": 2}
    assert found["a"]["beta0p5_width2"] == {"x": 1, "beta": 0.5, "width": 2}


def test_an_unknown_method_of_a_sweep_is_a_fault(root: Path) -> None:
    config = {"datasets": ["demo"], "methods": ["sccbgm"], "sweep": {"params": {"cvae": {}}}}
    with pytest.raises(ConfigError, match=r"sweep\.params: unknown id 'cvae'"):
        load_config(config, folder=root / "config")


def test_expected_hours_are_steps_times_weights_times_cells(study: Any, tmp_path: Path) -> None:
    benchmark = study("concept_counts", "reduced")
    shards = [
        s for s in expand(benchmark) if s.dataset == "concept_size_20" and s.method in TRAINED
    ]
    sizes = {"intervention_0": 128, "intervention_1": 256}
    one = work(benchmark, shards, {"intervention_0": 128, "intervention_1": 128})
    assert work(benchmark, shards, sizes) == pytest.approx(1.5 * one)
    for name, precision, ms in (("toy", "fp32", 2.56), ("busy", "fp32", 4.0), ("16", "bf16", 1.0)):
        stacks = {"1": {"ms_a_member_step": 9.0}, "4": {"ms_a_member_step": ms}}
        content = {
            "machine": {"gpu": None, "cpu": "toy", "threads": 2},
            "precision": precision,
            "networks": {"sccbgm": {"weights": 1000, "stacks": stacks}},
        }
        (tmp_path / f"engine-{name}.json").write_text(json.dumps(content))
    (timing,) = read_timings(tmp_path)
    assert timing.ms == pytest.approx(2.56 / 1000 / 128)
    run = Run({"": benchmark})
    text = as_text(run, plan_lines(run), [timing])
    assert "expected hours of training on 2 threads of toy: " in text
    (tmp_path / "engine-odd.json").write_text("{}")
    with pytest.raises(ValueError, match=r"engine-odd\.json"):
        read_timings(tmp_path)


def test_hours_of_packages_grow_with_cells_and_epochs(
    study: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = {
        "biolord": {"seconds": 36.0, "cells": 100, "epochs": 10},
        "cinema_ot": {"seconds": 36.0, "cells": 100, "epochs": None},
    }
    monkeypatch.setattr(cost, "read_packages", lambda: fits)
    benchmark = study("synthetic")
    shards = [s for s in expand(benchmark) if s.dataset == "synthetic_1"]
    sizes = dict.fromkeys(benchmark.tasks("synthetic_1"), 200)
    epochs = benchmark.methods["biolord"].params("synthetic_1", "recommended").epochs
    for method, times in (("biolord", 2 * epochs / 10), ("cinema_ot", 4), ("sccbgm", 0)):
        own = [shard for shard in shards if shard.method == method]
        members = sum(len(shard.members) for shard in own)
        assert cost.package_hours(benchmark, own, sizes) == pytest.approx(members * times / 100)


def test_a_timing_knows_its_kind_and_the_estimate_is_of_a_gpu() -> None:
    assert not any(timing.gpu for timing in read_timings() if "EPYC" in timing.machine)
    assert cost.ESTIMATED_GPU.gpu and "estimate" in cost.ESTIMATED_GPU.machine
