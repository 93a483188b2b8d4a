"""The table of a run: labels of the configuration, gaps with their reasons, no mixed versions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from sccbgm.benchmark.collect import Unusable, collect, collect_settings, rows_file
from sccbgm.benchmark.depends import metrics_for
from sccbgm.benchmark.plan import expand
from sccbgm.benchmark.retry import to_redo
from sccbgm.benchmark.studies import Run
from sccbgm.config.run import Benchmark, load_config
from sccbgm.io.seals import sealed
from sccbgm.metrics.score import with_diagnostics
from sccbgm.metrics.tidy import COLUMNS

VERSIONS = {"no_edit": ["t1", "e1"], "cvae": ["t2", "e1"]}


@pytest.fixture
def make(root: Path, tmp_path: Path) -> Callable[..., Benchmark]:
    """A run of two methods on the two tasks of a copy of the demonstration dataset."""

    def benchmark(reduced: str = "Few cells.", group: str = "g", **changes: Any) -> Benchmark:
        file = yaml.safe_load((root / "config/datasets/demo.yaml").read_text())
        file |= {"reduced": reduced, "tasks": file["tasks"] | {"group": group}}
        (tmp_path / "datasets").mkdir(exist_ok=True)
        (tmp_path / "datasets/demo.yaml").write_text(yaml.safe_dump(file))
        run = {
            "results": str(tmp_path / "run"),
            "datasets": ["demo"],
            "methods": ["no_edit", "cvae"],
            "seeds": [1],
            "metrics": ["mse", "rmmd"],
            "folders": [str(tmp_path), str(root / "config")],
        }
        return load_config(run | changes)

    return benchmark


def write_sealed(rows: pd.DataFrame, path: Path) -> None:
    with sealed(path) as beside:
        rows.to_parquet(beside)


def write_rows(benchmark: Benchmark, **columns: Any) -> list[Path]:
    """Rows of every shard, as `evaluate` leaves them: no group, sorted, a value a row."""
    paths = []
    for shard in expand(benchmark):
        trained, evaluated = VERSIONS[shard.method]
        metrics = with_diagnostics(sorted(metrics_for(benchmark, shard.dataset)))
        rows = pd.DataFrame(
            [
                {"task": task, "metric": metric, "value": float(i), "seed": seed}
                for seed in shard.seeds
                for task in shard.tasks
                for i, metric in enumerate(metrics)
            ],
            columns=COLUMNS,
        ).assign(
            dataset=shard.dataset,
            target="counterfactual",
            method=shard.method,
            preset=shard.preset,
            variant="default",
            mode="edit" if shard.method == "no_edit" else "decode",
            reason="",
            n_train=100,
            n_intervene=20,
            n_target=20,
            code_train=trained,
            code_eval=evaluated,
        )
        path = rows_file(benchmark.results, shard)
        write_sealed(rows.assign(**columns), path)
        paths.append(path)
    return paths


def test_labels_and_order_are_those_of_the_configuration(make: Callable[..., Benchmark]) -> None:
    write_rows(make())
    table = collect(make(), expand(make()), VERSIONS)
    assert set(table["group"]) == {"g"} and set(table["reduced"]) == {"Few cells."}
    first = table[(table["method"] == "cvae") & (table["task"] == "intervention_0")]
    assert first["metric"].tolist()[:2] == ["mse", "rmmd"]
    other = make("Other words.", "h", metrics=["rmmd", "mse"])
    again = collect(other, expand(other), VERSIONS)
    assert set(again["group"]) == {"h"} and set(again["reduced"]) == {"Other words."}
    assert again["metric"].tolist()[:2] == ["rmmd", "mse"]
    values = [t.set_index(["method", "task", "metric"])["value"] for t in (table, again)]
    pd.testing.assert_series_equal(values[0].sort_index(), values[1].sort_index())
    assert table["n_train"].dtype == np.int64


def test_what_is_printed_with_rows_runs_collect_again(make: Callable[..., Benchmark]) -> None:
    settings = [
        collect_settings(benchmark, expand(benchmark))
        for benchmark in (
            make(),
            make(reduced="Other."),
            make(group="h"),
            make(metrics=["rmmd", "mse"]),
            make(),
        )
    ]
    assert len(set(settings)) == 4 and settings[0] == settings[-1]


def test_rows_are_in_one_order_however_the_run_is_cut(make: Callable[..., Benchmark]) -> None:
    tables = []
    for tasks, seeds in ((64, 1), (1, 1), (64, 3), (1, 2)):
        benchmark = make(seeds=[2, 1, 10], shard={"tasks": tasks, "seeds": seeds})
        write_rows(benchmark)
        table = collect(benchmark, expand(benchmark), VERSIONS)
        tables.append(table.drop(columns="shard"))
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0])
    first = tables[0]
    assert first["method"].unique().tolist() == ["no_edit", "cvae"]
    assert first[first["metric"] == "mse"]["seed"].tolist() == [1, 2, 10] * 4


def test_a_lost_shard_has_rows_without_values(make: Callable[..., Benchmark]) -> None:
    benchmark = make()
    write_rows(benchmark)
    shards = expand(benchmark)
    lost = {next(s.path for s in shards if s.method == "cvae"): "the job died"}
    table = collect(benchmark, shards, VERSIONS, lost)
    gaps, rest = table[table["method"] == "cvae"], table[table["method"] == "no_edit"]
    assert gaps["value"].isna().all() and set(gaps["reason"]) == {"the job died"}
    assert rest["value"].notna().all()
    assert gaps["metric"].tolist() == rest["metric"].tolist()
    assert set(gaps["n_train"]) == {100}, "known from the other method"
    everything = collect(benchmark, shards, VERSIONS, {shard.path: "no cells" for shard in shards})
    assert everything["value"].isna().all() and set(everything["n_target"]) == {0}


def test_a_damaged_or_older_file_is_named_or_left_out(make: Callable[..., Benchmark]) -> None:
    benchmark, read = make(), pd.read_parquet
    for spoil, said in (
        (lambda path: path.write_bytes(path.read_bytes()[:300]), "damaged"),
        (lambda path: read(path).to_parquet(path), "no checksum"),
        (
            lambda path: write_sealed(read(path).drop(columns="code_eval"), path),
            "code_eval",
        ),
        (lambda path: write_sealed(read(path).assign(code_train="t0"), path), "found t0"),
        (lambda path: write_sealed(read(path).assign(code_eval="e0"), path), "found e0"),
    ):
        paths = write_rows(benchmark)
        spoil(paths[0])
        with pytest.raises(Unusable, match="sccbgm retry") as caught:
            collect(benchmark, expand(benchmark), VERSIONS)
        assert str(paths[0]) in str(caught.value) and said in str(caught.value)
        assert str(paths[1]) not in str(caught.value)
        table = collect(benchmark, expand(benchmark), VERSIONS, {})
        counts = table.groupby("method")["value"].count()
        assert counts["no_edit"] == 0 and counts["cvae"] > 0
        assert said in table["reason"].iloc[0]


def test_retry_removes_damaged_rows_and_the_table_that_is_made_of_them(
    make: Callable[..., Benchmark], monkeypatch: pytest.MonkeyPatch
) -> None:
    benchmark = make()
    monkeypatch.setattr("sccbgm.benchmark.versions.training", lambda _, id: VERSIONS[id][0])
    monkeypatch.setattr("sccbgm.benchmark.versions.evaluation", lambda: "e1")
    paths = write_rows(benchmark)
    (benchmark.results / "metrics.parquet").touch()
    assert to_redo(Run({"": benchmark})) == {}
    paths[0].write_bytes(paths[0].read_bytes()[:300])
    assert set(to_redo(Run({"": benchmark}))) == {paths[0], benchmark.results / "metrics.parquet"}
    assert "damaged" in to_redo(Run({"": benchmark}))[paths[0]]
