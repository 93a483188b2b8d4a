"""Figures of the analyses: every group is drawn, every colour named, and nothing without cells."""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from sccbgm.figures import analysed_figure, save

POPULATIONS = ("low_dose", "edited", "high_dose")


def cells_of(populations: tuple[str, ...], n: int = 30, **columns: object) -> anndata.AnnData:
    rng = np.random.default_rng(0)
    obs = pd.DataFrame({"population": np.repeat(populations, n), **columns})
    obs.index = obs.index.astype(str)
    return anndata.AnnData(rng.normal(size=(len(obs), 5)).astype(np.float32), obs=obs)


def common(rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows).assign(dataset="toy", reduced="", reason="")


def stellate_rows() -> pd.DataFrame:
    rows: list[dict] = [
        {"metric": "rmmd", "method": m, "edit": e, "value": v, "n_cells": 30}
        for m, e, v in (
            ("no_edit", "none", 1.5),
            *(("sccbgm_fm", e, 0.5) for e in ("joint", "dose", "pathways")),
            *(("sccbgm", e, 0.7) for e in ("joint", "dose", "pathways")),
        )
    ]
    rows += [
        {"metric": "marker_mean", "gene": f"g{i}", "direction": d, "rank": i, "population": p,
         "value": float(i + j), "n_cells": 30}
        for d in ("up", "down") for i in range(1, 6) for j, p in enumerate(POPULATIONS)
    ]  # fmt: skip
    return common([*rows, {"metric": "marker_overlap", "value": 3.0, "n_markers": 10}])


def texts(figure) -> str:
    return " ".join(t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text")))


def test_slopes_have_a_line_a_type_and_the_mean_of_the_seeds() -> None:
    rows = common(
        [
            {"metric": "mean_classifier_score", "group": g, "classifier": c, "stage": s,
             "seed": seed, "value": 0.2 + 0.4 * seed, "n_cells": 9}
            for g in ("A", "B") for c in ("cell_type", "stim")
            for s in ("before", "after") for seed in (0, 1)
        ]
    )  # fmt: skip
    figure = analysed_figure("figure11", rows, anndata.AnnData(), "Title")
    left, right = figure.axes
    assert len(left.containers) == 2
    for container in left.containers:
        np.testing.assert_allclose(np.asarray(container[0].get_ydata(), float), [0.4, 0.4])
    assert {t.get_text() for t in figure.legends[0].get_texts()} == {"A", "B"}
    assert right.get_title() == "Stimulus" and "2 seeds" in texts(figure)


def test_examples_have_a_row_a_population_and_a_column_a_gene(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    names = [f"g{i}" for i in range(6)]
    genes = {f"gene {name}": rng.gamma(1, 1, 90) for name in names}
    cells = cells_of(POPULATIONS, **genes)
    cells.uns["examples"] = {"down": np.array(names[:3]), "up": np.array(names[3:])}
    figure = analysed_figure("figure15", stellate_rows(), cells, "Title")
    assert len(figure.axes) == 18
    assert [axes.get_title() for axes in figure.axes[:6]] == [
        *(f"{name}\ndown" for name in names[:3]), *(f"{name}\nup" for name in names[3:]),
    ]  # fmt: skip
    first = save(figure, tmp_path / "figure15")
    again = save(analysed_figure("figure15", stellate_rows(), cells, "Title"), tmp_path / "again")
    for a, b in zip(first, again, strict=True):
        assert a.read_bytes() == b.read_bytes(), "the same data give the same file"


def test_the_case_study_names_every_population_and_distance() -> None:
    figure = analysed_figure("figure05__toy", stellate_rows(), cells_of(POPULATIONS), "Title")
    said = texts(figure)
    for text in ("low dose (30)", "edited (30)", "high dose (30)", "no edit (1.50)", "scCBGM-FM"):
        assert text in said
    assert len(figure.axes[1].patches) == 6


def test_markers_are_split_by_direction() -> None:
    figure = analysed_figure("figure14", stellate_rows(), anndata.AnnData(), "Title")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["5 genes up in responders", "5 genes down in responders"]
    assert "3 of the 10 genes" in texts(figure)


def test_reconstruction_has_a_panel_a_method_with_its_error() -> None:
    parts = [("", ""), ("sccbgm", "edit"), ("vae", "reconstruct")]
    cells = cells_of(tuple("abc"))
    cells.obs["method"] = np.repeat([m for m, _ in parts], 30)
    cells.obs["group"] = np.tile(["T", "B"], 45)
    rows = common(
        [
            {"metric": metric, "method": m, "seed": s, "value": 0.1 * (s + 1), "n_cells": 30}
            for metric in ("mse_pca", "mse_genes")
            for m in ("sccbgm", "vae", "mean_training") for s in (0, 1)
        ]
    )  # fmt: skip
    figure = analysed_figure("figure10", rows, cells, "Title")
    shown = [axes.get_title() for axes in figure.axes if axes.get_visible()]
    assert shown == ["Test cells", "scCBGM", "VAE"]
    assert "PCs 0.150 ± 0.071" in texts(figure)


def test_without_cells_there_is_no_figure() -> None:
    with pytest.raises(ValueError, match="no cells to show"):
        analysed_figure("figure05", stellate_rows(), anndata.AnnData(), "Title")


def test_types_are_named_with_their_number_and_the_embedding_is_said() -> None:
    cells = cells_of(("a",), n=40)[:, :2].copy()
    cells.obs["group"] = ["T"] * 25 + ["B"] * 15
    cells.uns["embedding"] = "stored with the cells"
    figure = analysed_figure("figure09", common([{"value": 1.0}]), cells, "Title")
    said = texts(figure)
    assert "T (25)" in said and "B (15)" in said and "stored with the cells" in said
