"""The summary of predictions that were made elsewhere."""

from __future__ import annotations

import pandas as pd

from sccbgm.benchmark.outside import FLOOR, PREDICTED, summed_up


def test_unedited_cells_are_averaged_over_the_tasks_that_have_a_prediction() -> None:
    values = {(PREDICTED, "a"): 0.5, (PREDICTED, "b"): None, (FLOOR, "a"): 1.0, (FLOOR, "b"): 9.0}
    rows = pd.DataFrame(
        [
            {"method": method, "task": task, "target": "t", "metric": "rmmd", "value": value}
            for (method, task), value in values.items()
        ]
    ).assign(reason=lambda frame: frame["value"].isna().map({True: "no cells", False: ""}))
    shown, lost = summed_up(rows)
    assert shown["rmmd"].to_dict() == {"a -> t": 0.5, "mean": 0.5, "mean of unedited cells": 1.0}
    assert lost == {"no cells": ["b -> t"]}
