"""Questions that are asked of fitted methods."""

from dataclasses import replace

import numpy as np
import pytest
from toy import toy_job, toy_task

from sccbgm.benchmark.checks import check_fit, second_edit, state_before, with_checks
from sccbgm.methods import registry
from sccbgm.metrics.registry import METRICS
from sccbgm.metrics.score import NO_RATIO
from sccbgm.protocol.method import Runtime

ASKED = [id for id, metric in METRICS.items() if metric.asked]
DATA = toy_task(n=200)


def checked(method, **overrides):
    jobs = [toy_job(method, DATA, seed, **overrides) for seed in (0, 1)]
    first = registry.get(method).builds_on
    before = [toy_job(first, DATA, seed, epochs=3) for seed in (0, 1)] if first else None
    stage1 = registry.get(first).fit(before, Runtime("cpu")) if first else None
    fit = registry.get(method).fit(jobs, Runtime("cpu"), stage1)
    lines = check_fit(fit, registry.get(method).modes, ASKED)
    assert len(lines) == 2 * len(registry.get(method).modes) * len(ASKED)
    return lines[lines["seed"] == 0].set_index(["mode", "metric"])


def test_ridge_is_linear_in_the_concepts():
    value = checked("ridge").loc["edit", "value"]
    assert value.drop("monotone").max() < 1e-9
    assert value["monotone"] == 1


def test_doing_nothing_passes_but_moves_no_cell():
    lines = checked("no_edit").loc["edit"]
    assert (lines.loc[lines.index != "monotone", "value"] == 0).all()
    assert lines.loc["monotone", "reason"] == "the edit moves no cell"


def test_a_mean_shift_has_no_dose_between_and_says_so():
    lines = checked("mean_shift").loc["edit"]
    assert lines.loc["reversal", "value"] < 1e-9
    assert "no context has training cells" in lines.loc["monotone", "reason"]


def test_an_edit_with_a_flow_comes_back_and_a_fresh_cell_does_not():
    value = checked("vanilla_fm", epochs=3, solver_steps=10)["value"]
    assert value["edit", "identity"] < 1e-6
    assert value["edit", "reversal"] < 1e-3
    assert value["edit", "identity_rebuilt"] == 0
    assert value["decode", "identity"] > 0.3
    assert value["decode", "identity_rebuilt"] == 0  # one noise for all questions


def test_a_flow_on_the_edited_concepts_alone_answers_but_for_an_edit_that_it_cannot_know():
    lines = checked("vanilla_fm", epochs=3, solver_steps=10, conditioned_on="edited").loc["edit"]
    assert lines["value"].drop("composition").notna().all(), lines["reason"].unique()
    assert "conditioned on stim alone" in lines.loc["composition", "reason"]


@pytest.mark.parametrize("method", ["sccbgm", "cvae", "sccbgm_fm"])
def test_networks_answer_every_question(method):
    lines = checked(method, epochs=3)
    assert lines["value"].notna().all(), lines["reason"].unique()


def test_a_constant_answer_is_as_far_off_as_the_cells_vary():
    lines = checked("mean_intervened").loc["edit"]
    assert lines.loc["identity", "value"] == pytest.approx(1, abs=1e-5)


def test_the_second_edit_is_the_nearest_other_population():
    edits = {"stim": 1.0}
    before = state_before(DATA.intervene, DATA, edits)
    assert before == {"stim": 0.0}
    assert second_edit(DATA.intervene, DATA, edits, before) == {"A": 1.0, "B": 0.0}
    mixed = replace(DATA.intervene, concepts=DATA.intervene.concepts.copy())
    mixed.concepts[0, -1] = 1
    said = state_before(mixed, DATA, edits)
    assert said == "the cells have no common value of stim before the edit"
    assert second_edit(mixed, DATA, edits, said) == said


def test_a_method_that_raises_when_asked_says_why():
    class Stubborn(type(registry.get("no_edit"))):
        def edit(self, job, target):
            raise RuntimeError("no more questions")

    fit = Stubborn().fit([toy_job("no_edit", DATA)], Runtime("cpu"))
    assert set(check_fit(fit, ("edit",), ASKED)["reason"]) == {"RuntimeError: no more questions"}


def test_rows_of_what_is_asked_stand_beside_the_others():
    import pandas as pd

    place = {"task": "toy", "target": "stim", "mode": "edit", "variant": "default"}
    rows = pd.DataFrame(
        [
            place | NO_RATIO
            | {"seed": seed, "preset": preset, "metric": "mse", "value": v, "reason": why,
               "n_predicted": n}
            for preset in ("recommended", "reference")
            for seed, v, why, n in ((0, 0.5, "", 9), (1, float("nan"), "it broke", 0))
        ]
    )  # fmt: skip
    checks = pd.DataFrame(
        [place | {"seed": 0, "metric": "reversal", "value": 0.25, "reason": "", "n_predicted": 7}]
    )
    both = with_checks(rows, checks, ["reversal"], "not asked")
    new = both[both["metric"] == "reversal"].set_index(["preset", "seed"])
    assert len(both) == 8
    assert new["value"].loc[:, 0].tolist() == [0.25, 0.25]
    assert new["n_predicted"].loc[:, 0].tolist() == [7, 7]
    assert new["reason"].loc[:, 1].tolist() == ["it broke", "it broke"]
    unasked = with_checks(rows, None, ["reversal"], "not asked")
    assert set(unasked.loc[unasked["metric"] == "reversal", "reason"]) == {"not asked", "it broke"}
    assert np.isnan(unasked.loc[unasked["metric"] == "reversal", "value"]).all()
