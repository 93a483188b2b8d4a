"""Declaring a method must not import its package: a workflow reads all methods at every start."""

import subprocess
import sys

import pytest

HEAVY = ("jax", "torch", "scvi", "pertpy", "anndata", "scanpy", "biolord.", "pandas")


@pytest.mark.parametrize("module", ["biolord", "scgen", "cinema_ot"])
def test_import_is_light(module):
    code = f"import sys, sccbgm.methods.{module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not [name for name in loaded if name in HEAVY]
