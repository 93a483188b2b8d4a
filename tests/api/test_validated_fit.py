"""Validation and early stopping, asked for at the front door."""

import numpy as np
import pytest
from api_cells import ONE_EPOCH, SMALL, cells

import sccbgm
from sccbgm import api
from sccbgm.protocol.method import Runtime


def fit(adata, **options):
    return api.fit(adata, rep=None, soft=["dose"], **(ONE_EPOCH | options))


def test_held_out_cells_are_not_trained_on_and_have_a_loss():
    adata = cells()
    adata.obs["held"] = np.arange(400) % 4 == 0
    model = fit(adata, validation="held", epochs=3, seed=[0, 1])
    assert len(model.fit.jobs[0].data.train) == 300
    assert model.history["validation"].notna().all() and len(model.history) == 6
    alone = fit(adata[~adata.obs["held"]].copy(), epochs=3, seed=[0, 1])
    np.testing.assert_allclose(
        model.intervene(adata, {"stim": 1}), alone.intervene(adata, {"stim": 1}), atol=1e-4
    )


def test_a_share_is_drawn_at_random_and_the_same_each_time():
    trained = [fit(cells(), validation=0.25).fit.jobs[0].data.train.rows for _ in range(2)]
    np.testing.assert_array_equal(*trained)
    assert len(trained[0]) == 300 and np.ptp(np.diff(trained[0])) > 0


def test_a_flow_validates_both_stages():
    model = sccbgm.ScCBGM(cells(), soft=["dose"], flow=True)
    small = {k: v for k, v in SMALL.items() if k != "epochs"}
    model.fit(progress=False, validation=0.2, patience=1, epochs=4, **small)
    by_stage = model.history.groupby("method")["validation"]
    assert set(by_stage.groups) == {"sccbgm", "sccbgm_fm"}
    assert np.isfinite(by_stage.min()).all()


def test_patience_ends_a_training_with_its_best_epoch():
    adata = cells(100)
    options = SMALL | {"epochs": 400, "lr": 2e-2}
    model = fit(adata, validation=0.3, patience=3, **options)
    losses = model.history["validation"].to_numpy()
    assert len(losses) < 400 and losses.argmin() == len(losses) - 4


def test_the_bar_shows_the_validation(capsys):
    fit(cells(), validation=0.2, progress=True)
    assert "validation=" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"validation": 1.5}, "validation: found 1.5; expected a share"),
        ({"validation": 0.97}, "validation: found 388 cells, which leaves 12"),
        ({"validation": 0.003}, "validation: found 1 cells"),
        ({"validation": "typ"}, "did you mean 'type'"),
        ({"validation": "type"}, "obs['type']: found ['"),
        ({"validation": 0.2, "patience": 0}, "patience: found 0; expected"),
        ({"patience": 3}, "patience: found no validation"),
    ],
)
def test_what_cannot_be_held_out_is_refused(options, found):
    with pytest.raises(api.Fault) as raised:
        fit(cells(), **options)
    assert found in str(raised.value)


def test_checkpoints_do_not_hold_a_validation(tmp_path):
    with pytest.raises(ValueError, match="checkpoints"):
        fit(cells(), validation=0.2, runtime=Runtime(checkpoints=tmp_path))
