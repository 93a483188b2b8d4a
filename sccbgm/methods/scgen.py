"""scGen: a VAE on genes, and one shift of its latent space from unedited to edited cells."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sccbgm.methods._packages import (
    PredictedFit,
    answer_each,
    expression,
    fold_seed,
    observed_state,
    release,
    seeded,
    to_pcs,
)
from sccbgm.protocol.method import (
    COUNT,
    POSITIVE,
    Fit,
    Job,
    Method,
    Predictions,
    Runtime,
    hyperparameter,
)
from sccbgm.protocol.task import TaskData

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ScGenParams:
    """Settings of scGen. Those not named here are the package's defaults.

    The published rows used un-logged input, and a learning rate of 1e-5 on Cui and Nault.
    """

    input: Literal["lognorm", "counts"] = hyperparameter(
        "lognorm", "what the network sees: log1p values, or normalised counts", "pertpy"
    )
    floor: bool = hyperparameter(False, "round normalised counts down", "own choice")
    hidden_dim: int = hyperparameter(800, "width of encoder and decoder", "pertpy", within=COUNT)
    n_layers: int = hyperparameter(
        2, "hidden layers of encoder and decoder", "pertpy", within=COUNT
    )
    latent_dim: int = hyperparameter(100, "size of z", "pertpy", within=COUNT)
    epochs: int = hyperparameter(
        100, "most passes over the training cells", "paper, Table 6", within=COUNT
    )
    batch_size: int = hyperparameter(128, "cells in a minibatch", "paper, Table 6", within=COUNT)
    patience: int = hyperparameter(
        25, "epochs without a better validation ELBO to stop after", "paper, Table 6", within=COUNT
    )
    lr: float = hyperparameter(1e-3, "Adam's learning rate", "paper, Table 6", within=POSITIVE)


class ScGen(Method):
    r"""Adapter around `pertpy.tl.Scgen`.

    x' = decode(encode(x) + \delta), \delta = mean latent of cells in the target condition minus
    that of cells in the intervened cells' condition, broad cell types resampled to equal size.
    The condition is the values of all concepts that any target of the task edits, joined.
    Seeded: initial weights, split, minibatches, dropout, latent samples, resampling.
    Not: reductions on a GPU.
    """

    id = "scgen"
    title = "scGen"
    colour = "#935933"
    environment = "scgen"
    uses_gpu = True
    members_a_job = 8
    citation = "Lotfollahi et al., Nature Methods 2019, doi:10.1038/s41592-019-0494-8"
    input = "lognorm"
    presets = {"reference": {"input": "counts"}}
    Params = ScGenParams

    def fit(self, jobs: Sequence[Job], runtime: Runtime, stage1: Fit | None = None) -> Fit:
        """Train one model after another, and let each predict.

        JAX keeps what it compiles, 60 MB a model: `members_a_job` bounds them.
        """
        import pertpy  # noqa: F401  a missing package stops the run, not each job

        with _compiled_once():
            return PredictedFit(jobs, answer_each(jobs, runtime, lambda job: _answer(job, runtime)))


@contextmanager
def _compiled_once() -> Iterator[None]:
    """Compile what models of equal shapes have in common once, instead of half a minute a model.

    JAX takes the functions of two models for different ones, but its cache on disk compares the
    programs. It is a private folder for as long as this lasts, unless the user has named one.
    """
    import jax
    from jax.experimental.compilation_cache.compilation_cache import reset_cache

    if jax.config.jax_compilation_cache_dir is not None:
        yield
        return
    least = jax.config.jax_persistent_cache_min_compile_time_secs
    with tempfile.TemporaryDirectory() as folder:
        jax.config.update("jax_compilation_cache_dir", folder)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        reset_cache()
        try:
            yield
        finally:
            jax.config.update("jax_compilation_cache_dir", None)
            jax.config.update("jax_persistent_cache_min_compile_time_secs", least)
            reset_cache()


def _answer(job: Job, runtime: Runtime) -> Predictions:
    from unittest.mock import patch

    data, params = job.data, job.params
    trained, control, goals = _conditions(data)
    cells = _cells(data, data.train.rows, trained, data.train_context, params)
    # The network does not see labels: any known one serves for the cells to predict.
    labels = np.full(len(data.intervene), data.train_context[0])
    source = _cells(data, data.intervene.rows, np.full(len(labels), control), labels, params)
    rng = np.random.default_rng(job.member.key("predict"))
    predictions = {}
    with seeded(fold_seed(job.member.key("train"))):
        model = _build(cells, params)
        try:
            _train(model, params, runtime)
            for target, goal in goals.items():
                # pertpy resamples with generators that it does not let us seed.
                with patch("numpy.random.default_rng", return_value=rng):
                    predicted = model.predict(control, goal, adata_to_predict=source)[0].X
                genes = np.maximum(np.asarray(predicted), 0)
                genes = np.log1p(genes) if params.input == "counts" else genes
                predictions[target] = to_pcs(data, genes)
        finally:
            release(model)
    return predictions


def _conditions(data: TaskData) -> tuple[np.ndarray, str, dict[str, str]]:
    """Conditions of the training cells (n_train,), of the intervened cells, and of each target.

    Raises ValueError where no training cell is in one of the latter two.
    """
    targets = data.task.targets
    names = [name for name in data.concept_names if any(name in t.edits for t in targets)]
    columns = [data.concept_names.index(name) for name in names]
    trained = _joined(data.train.concepts[:, columns])
    control = _joined(observed_state(data, names)[None])[0]
    first = data.intervene.concepts[:1]
    goals = {t.id: _joined(data.edited(first, t)[:, columns])[0] for t in targets}
    for condition in (control, *goals.values()):
        if condition not in trained:
            raise ValueError(f"no training cell has {', '.join(names)} = {condition}")
    return trained, control, goals


def _joined(concepts: np.ndarray) -> np.ndarray:
    """(n,) the values of (n, k) concepts as one string, equal for values that agree to 6 digits."""
    return np.array([" ".join(f"{value:.6g}" for value in row) for row in concepts], dtype=str)


def _cells(
    data: TaskData, rows: np.ndarray, condition: np.ndarray, labels: np.ndarray, params: ScGenParams
) -> Any:
    """AnnData of these rows on the scale of the input, with condition and broad cell type."""
    import pandas as pd
    from anndata import AnnData

    genes = expression(data, rows)
    if params.input == "counts":
        genes = np.expm1(genes)
        genes = np.floor(genes) if params.floor else genes
    index = pd.Index([str(i) for i in range(len(rows))])
    obs = pd.DataFrame({"condition": condition, "cell_type": labels}, index=index)
    return AnnData(genes, obs=obs.astype("category"))


def _build(cells: Any, params: ScGenParams) -> Any:
    """A `pertpy.tl.Scgen` of these cells."""
    from pertpy.tools import Scgen

    Scgen.setup_anndata(cells, batch_key="condition", labels_key="cell_type")
    return Scgen(
        cells, n_hidden=params.hidden_dim, n_latent=params.latent_dim, n_layers=params.n_layers
    )


def _train(model: Any, params: ScGenParams, runtime: Runtime) -> None:
    """Train: a random tenth of the cells validates, the last weights are kept."""
    with tempfile.TemporaryDirectory() as folder:
        model.train(
            max_epochs=params.epochs,
            batch_size=params.batch_size,
            early_stopping=True,
            early_stopping_patience=params.patience,
            accelerator=_accelerator(runtime.device),
            plan_kwargs={"lr": params.lr},
            enable_checkpointing=False,
            enable_progress_bar=False,
            default_root_dir=folder,
        )


def _accelerator(device: str) -> str:
    """The GPU where JAX has one and the device asked for is not the CPU, else "cpu".

    Left to itself scvi-tools asks torch, and fails where torch has CUDA and JAX has not, as with
    the plain wheels of both.
    """
    import jax

    if device == "cpu":
        return "cpu"
    if jax.default_backend() == "gpu":
        return "gpu"
    if device != "auto":
        logger.warning("scGen runs on the CPU: JAX has no GPU here")
    return "cpu"
