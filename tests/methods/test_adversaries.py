"""Adversaries are wrong in the one way that they say, and controls look where they say."""

import dataclasses

import numpy as np
import pytest
from panel_cells import answer, panel_task
from toy import toy_task

from sccbgm.methods import registry
from sccbgm.protocol.method import Failure, Job, Runtime
from sccbgm.protocol.task import Cells

DATA = panel_task()
TARGET = DATA.targets["stim"].x
CONTROLS = [m for m in map(registry.get, registry.METHODS) if m.control and not m.generated_only]


def predicted(method_id):
    return answer(method_id, DATA)["stim"]


def among(cells, pool):
    """Share of the cells that are cells of the pool."""
    known = {cell.tobytes() for cell in pool}
    return np.mean([cell.tobytes() in known for cell in cells])


def test_constants_are_the_means_that_they_say():
    stimulated = DATA.train.concepts[:, -1] == 1
    for method_id, mean in (
        ("constant_mean", DATA.train.x[stimulated].mean(0)),
        ("zero_variance", TARGET.mean(0)),
    ):
        cells = predicted(method_id)
        np.testing.assert_allclose(cells, np.tile(mean, (len(cells), 1)), rtol=1e-5)


def test_spread_is_doubled_about_the_mean():
    cells, real = predicted("overdispersed"), predicted("target")
    np.testing.assert_allclose(cells.mean(0), real.mean(0), atol=1e-5)
    np.testing.assert_allclose(cells.std(0), 2 * real.std(0), rtol=1e-4)


def test_log1p_is_taken_again():
    np.testing.assert_allclose(predicted("log1p_twice"), np.log1p(predicted("target")), rtol=1e-6)


def test_shuffled_genes_keep_every_gene_and_no_cell():
    cells = predicted("shuffled_genes")
    np.testing.assert_array_equal(np.sort(cells, 0), np.sort(predicted("target"), 0))
    assert among(cells, TARGET) < 0.1


def test_shuffled_cells_are_the_target_in_another_order():
    paired = toy_task()
    cells, truth = answer("shuffled_cells", paired)["stim"], paired.targets["stim"].x
    assert among(cells, truth) == 1
    assert (cells == truth).all(1).mean() < 0.1


def test_half_is_right_and_half_is_copied():
    paired = toy_task()
    cells = answer("half_copied", paired)["stim"]
    right = (cells == paired.targets["stim"].x).all(1)
    assert right.sum() == len(cells) // 2
    np.testing.assert_array_equal(cells[~right], paired.intervene.x[~right])


def test_the_other_type_is_another_and_stimulated():
    other = DATA.train.concepts[:, -1] == 1
    assert among(predicted("other_type"), DATA.train.x[other]) == 1
    assert not (other & (DATA.train_context == "A")).any()


@pytest.mark.parametrize("method", CONTROLS, ids=lambda m: m.id)
def test_who_sees_the_target_says_so(method):
    """Other target cells change what a control predicts exactly if it says that it sees them."""
    rng = np.random.default_rng(1)
    rows = rng.permutation(DATA.train.rows)[: len(TARGET)]
    noise = Cells(
        rng.normal(9, 1, TARGET.shape).astype(np.float32), DATA.targets["stim"].concepts, rows
    )
    other = dataclasses.replace(DATA, targets={"stim": noise})
    same = np.array_equal(answer(method.id, DATA)["stim"], answer(method.id, other)["stim"])
    assert same != method.sees_targets


def test_without_expression_there_is_no_other_scale():
    data = toy_task()
    method = registry.get("log1p_twice")
    from sccbgm.protocol.member import Member

    job = Job(Member("toy", "toy", "log1p_twice", 0), data, method.params())
    (found,) = method.fit([job], Runtime()).predict("edit")
    assert found == Failure("needs the expression of the dataset's cells")
