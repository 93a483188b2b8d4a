from __future__ import annotations

import json
from collections.abc import Iterator

import anndata
import numpy as np
import pandas as pd
import pytest

from sccbgm.figures import read_predictions, save, umap_figure, umap_points
from sccbgm.figures.cells import limits
from sccbgm.figures.umap_points import embed
from sccbgm.io.seals import seal
from sccbgm.protocol.task import Cells, Target, Task, TaskData
from sccbgm.tables.names import Names

N, DIMS = 20, 6
NAMES = Names()


def make_task(paired: bool = False) -> tuple[TaskData, pd.DataFrame]:
    """Two broad types, two subtypes of the first, two conditions, `N` cells of each."""
    rng = np.random.default_rng(0)
    kinds = [("T", "T_0"), ("T", "T_1"), ("B", "B_0")]
    lines = [(b, s, c) for b, s in kinds for c in ("ctrl", "stim") for _ in range(N)]
    obs = pd.DataFrame(lines, columns=["broad", "subtype", "condition"])
    x = rng.normal(size=(len(obs), DIMS)).astype(np.float32)
    label = obs["subtype"] + "_" + obs["condition"]
    cells = {
        name: Cells(x[rows], np.zeros((len(rows), 1), np.float32), rows)
        for name, rows in {
            "train": np.flatnonzero(label != "T_0_stim"),
            "intervene": np.flatnonzero(label == "T_0_ctrl"),
            "target": np.flatnonzero(label == "T_0_stim"),
        }.items()
    }
    target = Target("stim", ("T_0_stim",), {"stim": 1.0}, "t_cells")
    task = Task("toy", "t_0", "label", "T_0_ctrl", ("T_0_stim",), (target,), paired=paired)
    train = cells["train"]
    data = TaskData(
        *(task, ("stim",), np.array([True]), train, cells["intervene"]),
        {"stim": cells["target"]},
        label.to_numpy()[train.rows],
        obs["broad"].to_numpy()[train.rows],
    )
    return data, obs


PREDICTIONS = {
    ("sccbgm", "edit", "default"): np.zeros((N, DIMS), np.float32) + 0.01 * np.arange(N)[:, None],
    ("vanilla_fm", "decode", "default"): np.ones((N, DIMS), np.float32)
    + 0.01 * np.arange(N)[:, None],
}


@pytest.fixture(scope="module", autouse=True)
def first_axes() -> Iterator[None]:
    """Cells are drawn by their first two components: UMAP compiles itself for 20 seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(umap_points.__globals__, "embed", lambda x, n_real, seed: x[:, :2] * 1.0)
        yield


@pytest.fixture(scope="module")
def points() -> pd.DataFrame:
    data, obs = make_task()
    return umap_points(data, obs, PREDICTIONS, NAMES)


def test_points_are_the_own_broad_type_and_the_edited_cells(points):
    real = points[points["label"] == ""]
    assert real.groupby(["type", "condition"]).size().to_dict() == {
        ("T_0", "ctrl"): N,
        ("T_0", "stim"): N,
        ("T_1", "ctrl"): N,
        ("T_1", "stim"): N,
    }
    held_out = real[real["held_out"]]
    assert set(zip(held_out["type"], held_out["condition"], strict=True)) == {("T_0", "stim")}
    edited = points[points["label"] != ""]
    assert edited.groupby("label").size().to_dict() == {"Vanilla-FM (decode)": N, "scCBGM": N}
    assert np.isfinite(points[["x", "y"]].to_numpy()).all()


@pytest.mark.slow
@pytest.mark.parametrize("n_features", [6, 200])
def test_an_embedding_repeats(n_features: int) -> None:
    """Many features go through principal components first."""
    x = np.random.default_rng(1).normal(size=(100, n_features)).astype(np.float32)
    first, again = embed(x, 80, seed=3), embed(x, 80, seed=3)
    assert first.shape == (100, 2) and np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)


def test_without_subtypes_all_cell_types_are_shown(points):
    data, obs = make_task(paired=True)
    obs = obs.rename(columns={"broad": "cell_type"}).drop(columns="subtype")
    shown = umap_points(data, obs, {}, NAMES)
    assert set(shown["type"]) == {"T", "B"}
    assert set(shown["condition"]) == {"factual", "counterfactual"}
    figure = umap_figure(shown, "Synthetic", NAMES)
    assert len(figure.axes) == 1


def test_cells_without_types_are_shown_by_their_condition():
    data, obs = make_task()
    obs = obs.drop(columns=["broad", "subtype"])
    shown = umap_points(data, obs, PREDICTIONS, NAMES)
    real = shown[shown["label"] == ""]
    assert set(real["type"]) == {"ctrl", "stim"} and set(real["condition"]) == {""}
    assert set(real.loc[real["held_out"], "type"]) == {"stim"}
    legends = umap_figure(shown, "No types", NAMES).legends
    named = [text.get_text() for legend in legends for text in legend.texts]
    assert named == ["ctrl", "stim", "held-out target cells", "other real cells"]


def test_of_many_conditions_those_of_other_tasks_are_one():
    data, obs = make_task()
    others = data.train_groups == "T_1_stim"
    names = [f"drug {i % 12}" for i in range(others.sum())]
    obs.loc[data.train.rows[others], "condition"] = names
    shown = umap_points(data, obs, {}, NAMES)
    assert set(shown["condition"]) == {"ctrl", "stim", "other conditions"}


def test_panels_and_limits_of_the_figure(points, tmp_path):
    figure = umap_figure(points, "A title", NAMES, "50 cells.")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["Real cells", "scCBGM", "Vanilla-FM (decode)"]
    (left, right), _ = limits(points)
    assert left == pytest.approx(np.percentile(points["x"], 1) - 1)
    assert all(axes.get_xlim() == pytest.approx((left, right)) for axes in figure.axes)
    assert figure.get_suptitle() == "REDUCED RUN: A title"
    texts = {t.get_text() for legend in figure.legends for t in legend.get_texts()}
    assert {"T_0", "T_1", "ctrl", "stim", "held-out target cells"} <= texts
    assert all(path.stat().st_size > 1000 for path in save(figure, tmp_path / "umap"))


def test_predictions_of_one_task_and_seed_are_read(tmp_path):
    def write(method: str, modes: list[str]) -> None:
        obs = pd.DataFrame(
            [
                ("t_0", "stim", m, s, "default", DIMS)
                for m in modes
                for s in (1, 2)
                for _ in range(3)
            ],
            columns=["task", "target", "mode", "seed", "variant", "n_dims"],
        )
        # Other tasks of the file have two dimensions more
        x = obs["seed"].to_numpy(np.float32)[:, None] * np.ones((1, DIMS + 2), np.float32)
        obs.index = obs.index.astype(str)
        folder = tmp_path / method
        folder.mkdir()
        uns = {"failures": json.dumps([])}
        anndata.AnnData(x, obs=obs, uns=uns).write_h5ad(folder / "s.h5ad")
        seal(folder / "s.h5ad")

    write("vanilla_fm", ["edit", "decode"])
    write("sccbgm", ["edit"])
    write("no_edit", ["edit"])
    found = read_predictions(sorted(tmp_path.glob("*/s.h5ad")), "t_0", "stim", 2, NAMES)
    assert [key[:2] for key in found] == [
        ("sccbgm", "edit"), ("vanilla_fm", "decode"), ("vanilla_fm", "edit"),
    ]  # fmt: skip
    assert all(np.array_equal(cells, np.full((3, DIMS), 2.0)) for cells in found.values())
    assert read_predictions(sorted(tmp_path.glob("*/s.h5ad")), "other", "stim", 2, NAMES) == {}


def test_many_methods_are_wrapped_into_rows(points: pd.DataFrame) -> None:
    edited = points[points["method"] == "sccbgm"]
    many = [edited.assign(label=f"method {i}", method=f"m{i}") for i in range(18)]
    figure = umap_figure(pd.concat([points[points["label"] == ""], *many]), "Many", NAMES)
    width, height = figure.get_size_inches()
    assert len(figure.axes) == 19
    assert width < 12
    assert height < 1.3 * width
    boxes = [axes.get_position() for axes in figure.axes]
    for i, one in enumerate(boxes):
        assert not any(one.overlaps(two) for two in boxes[i + 1 :])


def test_few_cells_are_said(points: pd.DataFrame) -> None:
    said = " ".join(text.get_text() for text in umap_figure(points, "Title", NAMES).texts)
    assert "20 edited and 20 target cells are shown." in said
    assert "Fewer" not in said
    few = points[~points["held_out"] | (points.groupby("held_out").cumcount() < 9)]
    said = " ".join(text.get_text() for text in umap_figure(few, "Title", NAMES).texts)
    assert "9 target cells are shown. Fewer than 20 cells" in said
