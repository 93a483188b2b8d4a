"""The table of double perturbations: ours and the published values, each in its line."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sccbgm.tables.norman import COLUMNS, norman_table
from sccbgm.tables.plain import NOTHING


@pytest.fixture
def published(root: Path) -> Path:
    return root / "resources" / "perturbedvae" / "norman.csv"


def summary(reduced: str = "") -> pd.DataFrame:
    runs = [("additive_mean", float("nan")), ("perturbedvae_paper", "generate"),
            ("perturbedvae_paper", "edit")]  # fmt: skip
    lines = [
        {"method": m, "mode": mode, "subset": s, "metric": metric, "mean": 0.5, "std": 0.01,
         "n_seeds": 5, "n_targets": 131, "reduced": reduced}
        for m, mode in runs for s, metric in (("double", "rel_rmse"), ("double", "var_ratio"))
    ]  # fmt: skip
    return pd.DataFrame(lines)


def test_published_values_stand_below_the_line_with_their_settings(published: Path) -> None:
    table = norman_table(summary(), published)
    shown = table.shown
    assert shown["Method"].tolist()[:5] == [
        "additive mean", "", "perturbedvae paper (generate)", "", "perturbedvae paper (edit)",
    ]  # fmt: skip
    assert shown["Doubles: RMSE"].tolist()[:5] == [
        "0.5000 ± 0.0100", "0.4424", "0.5000 ± 0.0100", "0.4474 ± 0.0007", "0.5000 ± 0.0100",
    ]  # fmt: skip
    assert shown["Variance ratio"].tolist()[1] == NOTHING
    alone = shown[shown["Method"] == "SAMS-VAE"].iloc[0]
    assert (alone["Source"], alone["Singles: RMSE"]) == ("paper", "0.4123 ± 0.0029")
    ours = table.data[table.data["mean"].notna() & (table.data["metric"] == "rel_rmse")]
    beside = ours.set_index(["method", "mode"])[["published", "difference"]]
    assert beside.loc[("perturbedvae_paper", "generate")].tolist() == [
        0.4474,
        pytest.approx(0.0526),
    ]
    assert beside.loc[("perturbedvae_paper", "edit")].isna().all()
    assert "131" in table.caption and "at most 5" in table.caption


def test_no_published_value_is_lost(published: Path) -> None:
    data = norman_table(summary(), published).data
    printed = pd.read_csv(published)
    assert data["published"].count() == len(printed)
    assert data["mean"].count() == len(summary())
    assert set(printed["metric"]) <= {metric for _, metric in COLUMNS}


def test_a_reduced_experiment_says_so(published: Path) -> None:
    assert norman_table(summary("Few cells."), published).heading.startswith("REDUCED RUN")
