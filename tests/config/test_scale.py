"""A study of real cells at reduced size."""

from __future__ import annotations

import cells
import pytest

from sccbgm.benchmark.studies import load_run
from sccbgm.config.places import REPOSITORY
from sccbgm.config.run import merged
from sccbgm.config.scale import Scale, first_tasks

CONFIG = REPOSITORY / "config"


def test_real_cells_are_sampled_and_say_so() -> None:
    kang = cells.shipped("kang")
    small = Scale(cells=2000, genes=500, tasks=3, seeds=1, epochs=5).dataset(kang)
    assert (small.sample, small.preprocess.n_top_genes) == (2000, 500)
    assert small.preprocess.target_sum == kang.preprocess.target_sum
    assert small.n_cells == 2000 and not small.sizes.labels and kang.sizes.labels
    assert small.reduced == (
        "Reduced study: at most 2,000 of 24,054 cells, 500 of 3,000 genes, 3 of 14 tasks, seeds "
        "at most 1, epochs at most 5."
    )


def test_more_than_there_is_changes_nothing() -> None:
    kang = cells.shipped("kang")
    same = Scale(cells=30_000, genes=5000, tasks=20).dataset(kang)
    assert same.model_copy(update={"reduced": ""}) == kang


def test_pathways_keep_their_genes() -> None:
    pathways = cells.shipped("nault_pathways")
    assert Scale(genes=250).dataset(pathways).preprocess.n_top_genes == 3000
    assert Scale(genes=250).dataset(cells.shipped("nault")).preprocess.n_top_genes == 250


@pytest.mark.parametrize(
    ("dataset", "n", "tasks"),
    [
        ("kang", 3, ("b_cells_0", "cd14_0", "cd4_0")),
        ("kang", 8, ("b_cells_0", "b_cells_1", "cd14_0", "cd4_0", "cd8_0", "dendritic_0",
                     "fcgr3a_0", "nk_0")),
        ("nault", 2, ("b_cell", "t_cell")),
        ("synthetic_1", 2, ("intervention_0", "intervention_1")),
    ],
)  # fmt: skip
def test_first_tasks_are_of_as_many_groups_as_possible(
    dataset: str, n: int, tasks: tuple[str, ...]
) -> None:
    assert first_tasks(cells.shipped(dataset), n).task_ids == tasks


def test_fewer_interventions_of_a_file() -> None:
    pairs = cells.interventions_config(3)
    assert first_tasks(pairs, 2).task_ids == ("intervention_0", "intervention_1")
    assert first_tasks(pairs, 5) == pairs


def test_an_ensemble_keeps_two_seeds() -> None:
    studies = load_run(merged([CONFIG / "config.yaml", CONFIG / "paper_small.yaml"])).studies
    assert studies["synthetic"].seeds("synthetic_1") == (13, 42)
    assert studies["kang"].seeds("kang") == (13,)
