"""Sizes that a dataset file states against those that are found."""

from small import cells, cleaned, config

from sccbgm.data.preprocess import read_record
from sccbgm.data.sizes import read_warnings
from sccbgm.io.seals import seal


def warnings(tmp_path, **expected):
    clean, _ = cleaned(cells(), config(expected=expected), tmp_path)
    found = list(read_record(clean)["warnings"])
    clean.write_h5ad(tmp_path / "clean.h5ad")
    seal(tmp_path / "clean.h5ad")
    assert read_warnings(tmp_path / "clean.h5ad") == found
    return found


def test_what_was_expected_is_no_warning(tmp_path):
    labels = {"type_drug": {"B_drug": 8}}
    same = {"cells": 48, "genes": 20, "n_labels": {"broad": 3}, "labels": labels}
    assert warnings(tmp_path, **same, library_size=round(median())) == []


def median():
    totals = sorted(cells().X.toarray().sum(axis=1))
    return (totals[23] + totals[24]) / 2


def test_what_differs_is_logged_and_kept(tmp_path, caplog):
    labels = {"type_drug": {"B_drug": 9, "DC_drug": 4}}
    found = warnings(
        tmp_path, cells=50, genes=2000, n_labels={"broad": 4}, labels=labels, library_size=1214
    )
    assert found == [
        "cells: found 48, expected 50",
        "genes of the file: found 20, expected 2,000",
        "labels of broad: found 3, expected 4",
        "cells of B_drug (type_drug): found 8, expected 9",
        "cells of DC_drug (type_drug): found 0, expected 4",
        f"median library size: found {median():g}, expected 1214",
    ]
    assert all(f"own: {line}" in caplog.text for line in found)


def test_the_median_may_be_off_by_a_twentieth(tmp_path):
    assert warnings(tmp_path, library_size=median() * 1.04) == []
    assert len(warnings(tmp_path, library_size=median() * 1.07)) == 1
