"""Dataset files: what is accepted, and what the message says about what is not."""

import subprocess
import sys

import pandas as pd
import pytest
import yaml
from cells import DATASETS, interventions_config, shipped

from sccbgm.config.dataset import load_dataset_config

PAPER = DATASETS.parents[1] / "resources" / "paper"


def broken(tmp_path, name, change):
    """The message about a shipped dataset file after a change to its content."""
    content = yaml.safe_load((DATASETS / f"{name}.yaml").read_text())
    change(content)
    path = tmp_path / f"{name}.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(ValueError) as error:
        load_dataset_config(path)
    return str(error.value)


def test_numbers_of_tasks_are_those_of_the_paper():
    assert len(shipped("kang").task_ids) == 14
    assert len(shipped("cui").task_ids) == 7
    nault = shipped("nault")
    assert len(nault.task_ids) == 7
    assert all(nault.tasks.targets_of(p) == ("3.0", "10.0") for p in nault.tasks.held_out)


@pytest.mark.parametrize(
    ("name", "table"), [("kang", "table01"), ("cui", "table19"), ("nault", "table21")]
)
def test_groups_are_the_columns_of_the_published_tables(name, table):
    groups = {pair.group for pair in shipped(name).tasks.held_out}
    assert groups == set(pd.read_csv(PAPER / f"{table}.csv")["group"])


def test_interventions_are_numbered():
    assert interventions_config(3).task_ids == (
        "intervention_0",
        "intervention_1",
        "intervention_2",
    )


def test_unknown_key_is_named(tmp_path):
    message = broken(tmp_path, "kang", lambda c: c["preprocess"].update(target_sums=1))
    start = f"{tmp_path}/kang.yaml: preprocess: unknown key 'target_sums'; "
    assert message.startswith(start + "did you mean 'target_sum'? accepted: input, target_sum, ")


def test_one_line_a_fault(tmp_path):
    def change(content):
        content["preprocess"]["input"] = "raw"
        content["n_pcs"] = "many"
        del content["title"]

    lines = broken(tmp_path, "kang", change).splitlines()
    assert len(lines) == 3
    assert any("title: missing" in line for line in lines)
    assert any("input: found 'raw'; expected 'counts' or 'lognorm'" in line for line in lines)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c.update(id="kong"), "id: found 'kong'; expected the file's name, 'kang'"),
        (lambda c: c["tasks"].update(column="L2"), "tasks.column: 'L2' is not one of"),
        (lambda c: c["tasks"]["held_out"].append(c["tasks"]["held_out"][0]), "more than once"),
        (lambda c: c["tasks"].update(targets=["ctrl"]), "must differ"),
        (lambda c: c["tasks"].pop("targets"), "no targets"),
        (lambda c: c["columns"]["broad"].update(groups={"a": ["b"]}), "either `names` or `groups`"),
        (lambda c: c["columns"].pop("condition"), "no columns.condition is defined"),
        (lambda c: c.update(subtypes={"clusters": {"B cells": 2}}), "columns.subtype is given too"),
        (lambda c: c.update(seeds=[1, 1]), "expected different numbers"),
        (
            lambda c: c["source"].update(kind="ftp"),
            "source.kind: found 'ftp'; expected 'file', 'osf', 'synthetic'",
        ),
        (lambda c: c["tasks"].update(intervene=1.0), "tasks.intervene: found 1.0; expected text"),
    ],
)
def test_faults(tmp_path, change, expected):
    assert expected in broken(tmp_path, "kang", change)


def test_not_a_mapping_and_not_yaml(tmp_path):
    path = tmp_path / "x.yaml"
    for text, expected in (
        ("- 1", "found a list; expected keys and values"),
        ("a: [", "not valid"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=expected):
            load_dataset_config(path)


def test_reading_it_loads_nothing_heavy():
    code = (
        "import sys; from sccbgm.config.dataset import load_dataset_config as load; "
        f"load('{DATASETS}/kang.yaml'); "
        "print([m for m in ('numpy', 'pandas', 'scanpy', 'anndata', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
