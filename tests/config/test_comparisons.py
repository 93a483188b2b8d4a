"""Ids of tables and figures that compare methods."""

import pytest

from sccbgm.config.comparisons import ALL, FORMS, forms, is_comparison, needing_ceilings, parse

RUN = (["demo", "kang_reduced"], ["rmmd", "composite"])


def test_ids_name_dataset_and_metric():
    asked = parse("rescaled_rmmd__kang_reduced", "table", *RUN)
    assert (asked.name, asked.metric, asked.dataset) == ("rescaled", "rmmd", "kang_reduced")
    asked = parse("adversaries__demo", "figure", *RUN)
    assert (asked.name, asked.metric, asked.dataset) == ("adversaries", "", "demo")
    assert not is_comparison("tasks_rmmd__demo", "table")


@pytest.mark.parametrize(
    ("id", "fault"),
    [
        ("adversaries__demmo", "adversaries__demmo: .*demo"),
        ("rescaled_rmd__demo", "rescaled_rmd__demo: .*rmmd"),
        ("rescaled_rmmd", "rescaled_rmmd: .*dataset"),
    ],
)
def test_a_fault_names_the_id_and_what_there_is(id, fault):
    assert is_comparison(id, "table")
    with pytest.raises(ValueError, match=fault):
        parse(id, "table", *RUN)


def test_forms_are_ids_to_fill_in():
    for kind in FORMS:
        for form in forms(kind):
            filled = form.replace("METRIC", "rmmd").replace("DATASET", "demo")
            assert parse(filled, kind, *RUN).dataset in ("demo", ALL)


def test_ceilings_are_needed_of_what_is_shown_between_floor_and_ceiling():
    tables = ["rescaled_rmmd__kang_reduced", "paired_composite__demo", "tasks_rmmd__demo"]
    found = needing_ceilings(tables, ["adversaries__demo"], *RUN)
    assert found == {"kang_reduced": {"rmmd"}, "demo": {"rmmd", "composite"}}


def test_a_leak_is_of_all_datasets_at_once():
    assert parse("leak_rmmd__all", "table", *RUN).of_all
    with pytest.raises(ValueError, match="leak_rmmd__demo: .*all"):
        parse("leak_rmmd__demo", "table", *RUN)
