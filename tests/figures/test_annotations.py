"""Generated cells by their annotations."""

from __future__ import annotations

from pathlib import Path

import pytest

from sccbgm.config.dataset import load_dataset_config
from sccbgm.config.figure_ids import Annotations, Boxes, parse_figure
from sccbgm.data.preprocess import preprocess
from sccbgm.figures import annotation_figure, annotation_points, annotations
from sccbgm.synthetic import make_dataset
from sccbgm.tables.parameters import parameters, write_parameters


def test_a_panel_a_concept_of_the_factual_cells(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # UMAP itself takes seconds to compile, and is tested with the figure of edited cells.
    monkeypatch.setattr(annotations, "embed", lambda x, n_real, seed: x[:, :2])
    config = load_dataset_config(root / "config" / "datasets" / "demo.yaml")
    source = config.source.model_copy(update={"n_cells": 600, "n_genes": 60, "n_tasks": 1})
    config = config.model_copy(update={"source": source})
    cells = preprocess(make_dataset(source), config)
    points = annotation_points(cells, "concepts")
    assert len(points) == 600 < cells.n_obs
    assert list(points.columns[2:]) == [f"concept_{k}" for k in range(5)]
    on = (points["concept_0"] == "on").to_numpy()
    assert (on == (cells.obsm["concepts"]["concept_0"].to_numpy()[:600] == 1)).all()
    figure = annotation_figure(points, "Title", "60 genes.")
    shown = [axes.get_title() for axes in figure.axes if axes.get_visible()]
    assert shown == [f"concept {k}" for k in range(5)]
    assert figure.get_suptitle().startswith("REDUCED RUN")
    groups = points[["x", "y"]].assign(
        **{name: cells.obs[name].astype(str).to_numpy()[:600] for name in ("batch", "tissue")}
    )
    assert len(annotation_figure(groups, "Title").axes) == 2


def test_ids(root: Path) -> None:
    folder = root / "config" / "datasets"
    datasets = {name: load_dataset_config(folder / f"{name}.yaml") for name in ("demo", "nault")}
    assert parse_figure("boxes_mse_expected_by_noise", datasets) == Boxes("mse_expected", "noise")
    assert parse_figure("boxes_mse_by_task", datasets) == Boxes("mse", "task")
    assert parse_figure("cells_groups__demo", datasets) == Annotations("demo", "groups")
    for figure, fault in {
        "boxes_mes_by_task": "unknown metric",
        "boxes_mse_by_seed": "expected noise or task",
        "cells_groups__nault": "unknown generated dataset 'nault'",
        "cells_genes__demo": "expected groups or concepts",
    }.items():
        with pytest.raises(ValueError, match=fault):
            parse_figure(figure, datasets)


def test_parameters_stand_next_to_the_published_ones(root: Path, tmp_path: Path) -> None:
    names = ("synthetic_2", "synthetic_3_genes", "demo")
    folder = root / "config" / "datasets"
    generated = {
        name: load_dataset_config(folder / f"{name}.yaml").source.model_dump() for name in names
    }
    published = root / "resources" / "paper" / "table03.csv"
    rows = parameters(generated, published, dict.fromkeys(names, ""))
    table = rows.set_index("dataset")
    assert list(table.index) == list(names)
    noise = table[["SD of the noise", "SD of the noise (paper)"]]
    assert noise.loc["synthetic_2"].tolist() == [0.08, 0.08]
    effect = table[["SD of the concept effects", "SD of the concept effects (paper)"]]
    assert effect.loc["synthetic_3_genes"].tolist() == [0.02, 0.02]
    assert noise.loc["demo"].isna().tolist() == [False, True]
    _, markdown = write_parameters(rows, tmp_path / "table03")
    text = markdown.read_text(encoding="utf-8")
    assert text.startswith("## Parameters of the synthetic datasets")
    assert "synthetic_2" in text and "REDUCED" not in text
