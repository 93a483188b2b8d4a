"""Figures of the paper by their number, in a run's list."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sccbgm.config.figure_ids import (
    Annotations,
    Boxes,
    Pairs,
    TaskUmap,
    ids_drawn_as,
    main_first,
    parse_figure,
    words_of_paper,
)
from sccbgm.config.paper_figures import PAPER_FIGURES
from sccbgm.config.run import ConfigError, load_config

OWN = {
    "figure03": "noise",
    "figure04": "edited_cells",
    "figure06": "example_cells",
    "figure07": "example_cells",
    "figure08": "sweep",
    "figure12": "encoders",
}
"""Figure -> the configuration that lists it."""


@pytest.mark.parametrize("figure", OWN)
def test_a_configuration_lists_it_and_has_all_that_it_shows(root: Any, figure: str) -> None:
    benchmark = load_config(root / "config/studies" / f"{OWN[figure]}.yaml")
    assert figure in benchmark.config.figures
    drawn = parse_figure(figure, benchmark.datasets)
    assert drawn.paper.datasets == PAPER_FIGURES[figure].datasets


def test_the_numbers_are_drawings_of_each_kind(root: Any) -> None:
    run = {"datasets": ["kang", "demo"], "methods": ["no_edit"]}
    datasets = load_config(run).datasets
    noise = parse_figure("figure03__demo", datasets)
    assert isinstance(noise, Boxes) and (noise.metric, noise.by) == ("mse", "noise")
    assert noise.paper.datasets == ("demo",)
    umap = parse_figure("figure04", datasets)
    assert isinstance(umap, TaskUmap) and (umap.dataset, umap.task) == ("kang", "cd4_0")
    assert isinstance(parse_figure("figure07__demo", datasets), Annotations)
    assert isinstance(parse_figure("figure13__kang", datasets), Pairs)
    assert all(title.title and title.caption for title in PAPER_FIGURES.values())


def test_every_figure_and_table_of_the_paper_has_words() -> None:
    words = words_of_paper([*PAPER_FIGURES, "figure08__demo", "figure05", "table10", "metric_x"])
    assert set(words) == {*PAPER_FIGURES, "figure08__demo", "figure05", "table10"}
    assert "diamond" in words["figure08__demo"][1] and words["table10"][0]


@pytest.mark.parametrize("kind", ["boxes", "umap", "cells", "pairs"])
def test_an_id_is_drawn_by_one_rule(kind: str) -> None:
    for id, figure in PAPER_FIGURES.items():
        for asked in (id, f"{id}__demo"):
            own = figure.drawn_as.partition("_")[0] == kind
            assert bool(re.fullmatch(ids_drawn_as(kind), asked)) == own
    assert re.fullmatch(ids_drawn_as(kind), f"{kind}_anything")
    assert not re.fullmatch(ids_drawn_as(kind), "figure05")


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        ("figure12", "kang is no dataset of this run (demo); write figure12__DATASET"),
        ("figure04__demo", "figure04__demo: umap_cd4_0__demo: unknown task 'cd4_0__demo'"),
        ("figure08__demo", "figure08__demo shows cbgm; the run has the methods sccbgm"),
        ("figure99", "unknown figure 'figure99'; accepted: .*figure03, figure04"),
    ],
)
def test_what_a_run_cannot_draw_is_said(figure: str, said: str) -> None:
    run = {"datasets": ["demo"], "methods": ["sccbgm"], "metrics": ["mse"], "figures": [figure]}
    with pytest.raises(ConfigError, match=said if ".*" in said else re.escape(said)):
        load_config(run)


def test_a_variant_and_a_metric_that_it_shows_must_be_there() -> None:
    run = {"datasets": ["demo"], "methods": ["sccbgm", "cbgm"], "figures": ["figure03__demo"]}
    with pytest.raises(ConfigError, match="figure03__demo shows the variant 'older' of cbgm"):
        load_config(run | {"metrics": ["mse"]})
    variants = {"variants": {"cbgm": {"default": {}, "older": {"hidden_dim": 8}}}}
    with pytest.raises(ConfigError, match="figure03__demo shows mse; the run has"):
        load_config(run | variants | {"metrics": ["rmmd"]})
    load_config(run | variants | {"metrics": ["mse"]})


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("sweep_mse__demo", "ranks settings; the run has no sweep.params"),
        ("sweep_mse__kang", "unknown dataset 'kang'"),
        ("sweep_rmmd__demo", "sweep_rmmd__demo shows rmmd; the run has the metrics mse"),
    ],
)
def test_a_sweep_without_settings_is_a_fault(table: str, said: str) -> None:
    run = {"datasets": ["demo"], "methods": ["sccbgm"], "metrics": ["mse"], "tables": [table]}
    if "no sweep" not in said:
        run["sweep"] = {"params": {"sccbgm": {"lr": [1e-3, 1e-4]}}}
    with pytest.raises(ConfigError, match=re.escape(said)):
        load_config(run)


def test_the_main_figure_comes_first() -> None:
    asked = ["figure09", "ranks_rmmd__kang", "umap_a__kang", "metric_table01"]
    assert main_first(asked) == asked[::-1]
    assert main_first(["figure05", "figure04"]) == ["figure05", "figure04"]
