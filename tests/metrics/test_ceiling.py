"""Draws of the truth score as the truth does, on the numbers of cells that are at hand."""

from panel_cells import panel_task
from toy import toy_task

from sccbgm.metrics import denominators
from sccbgm.metrics.ceiling import N_HALVES, ceilings


def test_halves_are_the_ceiling_of_a_population():
    data = panel_task(n=41)
    table = ceilings(data, denominators(data, ["rmmd"]), ["rmmd", "mse"])
    assert set(table["metric"]) == {"rmmd", "mse", "variance_ratio"}
    found = table[table["metric"] == "rmmd"]
    assert len(found) == N_HALVES
    assert found["value"].mean() < 0.1
    assert set(found["n_predicted"]) == set(found["n_target"]) == {20}
    assert set(table.loc[table["metric"] == "mse", "reason"]) == {
        "the task has no true counterfactual of each cell"
    }


def test_the_true_counterfactual_is_the_ceiling_of_an_error_on_it():
    data = toy_task()
    table = ceilings(data, denominators(data, ["rfid"]), ["rfid", "mse"])
    assert table.loc[table["metric"] == "mse", "value"].tolist() == [0.0]
    assert (table["metric"] == "rfid").sum() == N_HALVES
