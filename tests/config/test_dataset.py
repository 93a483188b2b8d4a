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
    assert message.startswith(
        f"{tmp_path}/kang.yaml: preprocess: unknown key 'target_sums'; did you mean 'target_sum'?"
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda c: c["source"].update(archives="x"),
            "kang.yaml: source: unknown key 'archives'; did you mean 'archive'? accepted: kind,",
        ),
        (
            lambda c: c["concepts"][1].update(ones="x"),
            "kang.yaml: concepts.1: unknown key 'ones'; did you mean 'one'? accepted: kind, column",
        ),
        (
            lambda c: c["tasks"]["held_out"][2].update(typ="x"),
            "kang.yaml: tasks.held_out.2: unknown key 'typ'; did you mean 'type'?",
        ),
        (
            lambda c: c["concepts"][0].pop("kind"),
            "kang.yaml: concepts.0.kind: missing",
        ),
        (lambda c: c["concepts"][1].pop("one"), "kang.yaml: concepts.1.one: missing"),
    ],
)
def test_faults_inside_sections_name_the_keys_of_the_file(tmp_path, change, expected):
    assert expected in broken(tmp_path, "kang", change)


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
        (lambda c: c.update(seeds=[1, 1]), "expected different numbers"),
        (lambda c: c["source"].update(kind="ftp"), "source.kind: found 'ftp'; expected 'file',"),
        (lambda c: c["preprocess"].update(target_sum=float("inf")), "preprocess.target_sum"),
        (lambda c: c["columns"]["labels"].update(broad=["subtype"]), "are names of roles"),
        (lambda c: c["columns"]["labels"].update({"a/b": ["subtype"]}), "columns.labels.a/b"),
        (lambda c: c["expected"].update(n_labels={"x": 3}), "expected.n_labels: 'x' is not one of"),
        (lambda c: c["tasks"].update(intervene=1.0), "tasks.intervene: found 1.0; expected text"),
    ],
)
def test_faults(tmp_path, change, expected):
    assert expected in broken(tmp_path, "kang", change)


def test_clusters_are_not_there_yet_when_cells_are_dropped(tmp_path):
    message = broken(
        tmp_path, "kang_reduced", lambda c: c["preprocess"]["drop"].update(subtype=["B cells_0"])
    )
    assert "preprocess.drop.subtype: clusters are found after" in message


def based(tmp_path, base, **changes):
    """A file on top of shipped ones, all in one folder."""
    for file in DATASETS.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text())
    (tmp_path / "own.yaml").write_text(yaml.safe_dump({"base": base, "id": "own", **changes}))
    return load_dataset_config(tmp_path / "own.yaml")


def test_a_base_with_a_file_of_this_machine(tmp_path):
    own = based(tmp_path, "cui", source={"kind": "file", "path": "here.h5ad"})
    cui = shipped("cui")
    assert own.source.model_dump() == {"kind": "file", "path": "here.h5ad"}
    assert (own.columns, own.tasks, own.concepts) == (cui.columns, cui.tasks, cui.concepts)


def test_a_section_of_the_same_kind_is_merged(tmp_path):
    own = based(tmp_path, "cui", source={"member": "real/other.h5ad"})
    assert own.source.member == "real/other.h5ad"
    assert own.source.archive == shipped("cui").source.archive


def test_a_base_may_have_a_base(tmp_path):
    own = based(tmp_path, "synthetic_2_genes", source={"seed": 1})
    second = shipped("synthetic_2")
    assert own.source == second.source.model_copy(update={"seed": 1})
    assert (own.n_pcs, own.preprocess.target_sum) == (None, 10_000)


def test_bases_that_are_not_there_or_go_round(tmp_path):
    with pytest.raises(
        ValueError, match=r"own.yaml: base: unknown id 'kangg'; did you mean 'kang'"
    ):
        based(tmp_path, "kangg")
    (tmp_path / "kang.yaml").write_text("base: own\nid: kang\n")
    (tmp_path / "own.yaml").write_text("base: kang\nid: own\n")
    with pytest.raises(
        ValueError, match="base: found 'own'; expected a file not based on this one"
    ):
        load_dataset_config(tmp_path / "own.yaml")


def test_synthetic_sets_differ_from_the_first_as_the_paper_says():
    first = shipped("synthetic_1").source.model_dump()
    differ = {
        name: {k: v for k, v in shipped(name).source.model_dump().items() if v != first[k]}
        for name in ("synthetic_2", "synthetic_3", "concept_size_20", "concept_size_250")
    }
    assert differ == {
        "synthetic_2": {"std_noise": 0.08, "seed": 43},
        "synthetic_3": {"std_concept": 0.02, "seed": 44},
        "concept_size_20": {"n_concepts": 20},
        "concept_size_250": {"n_concepts": 250},
    }


def test_expected_sizes_add_up_to_the_published_numbers_of_cells():
    kang = shipped("kang").expected
    assert sum(kang.labels["L2_stim"].values()) == kang.cells == 24_054
    nault = shipped("nault").expected.labels["L2_dose"]
    for pair in shipped("nault").tasks.held_out:
        assert all(f"{pair.type}_{dose}" in nault for dose in ("1.0", "3.0", "10.0"))


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
