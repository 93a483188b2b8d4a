"""Which scores of real cells a run makes."""

from pathlib import Path

from sccbgm.benchmark.studies import load_run
from sccbgm.config.run import merged


def test_every_dataset_of_several_methods_has_the_ceiling_that_sums_it_up(root: Path) -> None:
    run = load_run(merged([root / "config/config.yaml"]))
    of_one = {"nault_pathways", "synthetic_example"}
    assert {id for id, metrics in run.ceilings.items() if not metrics} == of_one
    for study in run.studies.values():
        if len(study.config.methods) == 1:
            assert set(study.datasets) <= of_one
    assert run.ceilings["cui_grid"] == ["rmmd"], "and not the metrics that cost more"
    assert run.ceilings["synthetic_1_genes"] == ["mse"]
    assert {"composite", "rmmd"} <= {*run.ceilings["kang"]}, "of two studies, and of the panel"


def test_what_is_shown_between_floor_and_ceiling_has_its_ceiling(root: Path) -> None:
    asked = {
        "datasets": ["demo"],
        "methods": ["no_edit", "mean_shift"],
        "metrics": ["rfid", "mse", "rsd"],
        "tables": ["rescaled_rsd__demo"],
    }
    run = load_run(asked, folder=root / "config")
    assert run.ceilings == {"demo": ["rfid", "rsd"]}
    run = load_run(asked | {"figures": ["adversaries__demo"]}, folder=root / "config")
    assert run.ceilings == {"demo": ["mse", "rfid", "rsd"]}
