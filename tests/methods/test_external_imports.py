"""Declaring a method must not import its package: a workflow reads all methods at every start."""

import subprocess
import sys

import numpy as np
import pytest
from external_toy import toy_data, toy_job

from sccbgm.methods.biolord import Biolord, BiolordAnswer, BiolordFit

HEAVY = ("jax", "torch", "scvi", "pertpy", "anndata", "scanpy", "biolord.", "pandas")


@pytest.mark.parametrize("module", ["biolord", "scgen", "cinema_ot"])
def test_import_is_light(module):
    code = f"import sys, sccbgm.methods.{module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not [name for name in loaded if name in HEAVY]


def test_a_flow_on_biolord_runs_where_biolord_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "biolord", None)
    monkeypatch.delitem(sys.modules, "sccbgm.methods._biolord", raising=False)
    data = toy_data()
    job, rows = toy_job(Biolord(), data=data), data.train.rows
    vectors = [{"0": np.zeros(4), "1": np.ones(4)}] * len(data.concept_names)
    fit = BiolordFit([job], [BiolordAnswer({}, np.zeros((len(rows), 2)), rows, vectors)])
    condition = fit.flow_condition(0, data.intervene, data.task.targets[0])
    np.testing.assert_array_equal(condition[:, -4:], 1)
