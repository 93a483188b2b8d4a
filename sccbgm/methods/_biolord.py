"""Calls of the package biolord. Import this module inside a function: it imports scvi-tools."""

from __future__ import annotations

import itertools
import math
import tempfile
from typing import Any

import numpy as np
import pandas as pd
from anndata import AnnData
from biolord import Biolord as Package

from sccbgm.methods._packages import (
    expression,
    pool,
    release,
    seeded,
    to_pcs,
)
from sccbgm.methods.biolord import BiolordAnswer, BiolordParams, categories, code_numbers, seed_of
from sccbgm.protocol.method import Job, Predictions, Runtime
from sccbgm.protocol.task import TaskData


def run(job: Job, runtime: Runtime) -> BiolordAnswer:
    """Train one model and ask it everything that will be needed of it."""
    data, params = job.data, job.params
    rows, concepts, _ = pool(data)
    _check_known(data, concepts)
    seed = seed_of(job)
    with seeded(seed):
        model = _build(_cells(data, rows, concepts, np.arange(len(rows))), params, seed)
        try:
            _train(model, params, runtime, len(rows))
            return BiolordAnswer(
                predictions=_predict(model, job, rows),
                codes=model.get_latent_representation_adata(batch_size=batch(512, len(rows)))[0].X,
                rows=rows,
                embeddings=_embeddings(model, data),
            )
        finally:
            release(model)


def batch(size: int, *counts: int) -> int:
    """The least batch size from `size` on that leaves no single one of so many cells over.

    The package drops the batch's axis then, which batch norm and the prediction cannot take.
    """
    return next(s for s in itertools.count(size) if all(n == 1 or n % s != 1 for n in counts))


def _attributes(data: TaskData) -> list[str]:
    """Columns of the concepts, named by position.

    The package gives a meaning to "_rep" in a name, and torch forbids a dot.
    """
    return [f"concept{k}" for k in range(len(data.concept_names))]


def _check_known(data: TaskData, trained: np.ndarray) -> None:
    """Raises ValueError for a target value of a concept that has no embedding."""
    for target in data.task.targets:
        concepts = data.edited(data.intervene.concepts, target)
        for k, name in enumerate(data.concept_names):
            unseen = set(categories(concepts[:, k])) - set(categories(trained[:, k]))
            if unseen:
                raise ValueError(f"no training cell has {name} = {', '.join(sorted(unseen))}")


def _cells(data: TaskData, rows: np.ndarray, concepts: np.ndarray, numbers: np.ndarray) -> AnnData:
    """AnnData of these rows: one categorical column a concept, and the numbers of their codes."""
    columns: dict[str, Any] = {
        name: pd.Categorical(categories(concepts[:, k])) for k, name in enumerate(_attributes(data))
    }
    index = pd.Index([str(i) for i in range(len(rows))])
    obs = pd.DataFrame(columns | {"_indices": numbers}, index=index)
    return AnnData(expression(data, rows), obs=obs)


def _build(cells: AnnData, params: BiolordParams, seed: int) -> Package:
    """A model of these cells with its initial weights."""
    attributes = [name for name in cells.obs if name != "_indices"]
    Package.setup_anndata(cells, categorical_attributes_keys=attributes)
    network = {
        "decoder_width": params.hidden_dim,
        "decoder_depth": params.n_layers,
        "use_batch_norm": params.batch_norm,
        "seed": seed,
    }
    return Package(cells, n_latent=params.latent_dim, module_params=network)


def _train(model: Package, params: BiolordParams, runtime: Runtime, n_cells: int) -> None:
    """Train. The package steps the cosine schedule at epochs 45 and 90 only.

    With batch norm the batch is larger by the least that leaves no single cell over; a single
    cell does not validate.
    """
    trained = math.ceil(params.train_share * n_cells)
    validates = n_cells - trained > 1
    counts = (trained, n_cells - trained) if params.batch_norm else ()
    plan = {
        "latent_lr": params.lr,
        "latent_wd": params.weight_decay,
        "decoder_lr": params.lr,
        "decoder_wd": params.weight_decay,
        "cosine_scheduler": True,
    }
    with tempfile.TemporaryDirectory() as folder:
        model.train(
            max_epochs=params.epochs,
            batch_size=batch(params.batch_size, *counts),
            train_size=params.train_share,
            plan_kwargs=plan,
            early_stopping=validates,
            early_stopping_patience=20,
            check_val_every_n_epoch=10,
            limit_val_batches=1.0 if validates else 0,
            enable_checkpointing=False,
            enable_progress_bar=False,
            accelerator="gpu" if runtime.device.startswith("cuda") else runtime.device,
            default_root_dir=folder,
        )


def _predict(model: Package, job: Job, rows: np.ndarray) -> Predictions:
    """Edited cells by target, in PCs. rows: those of the cells that the model was trained on."""
    data, n = job.data, len(job.data.intervene)
    numbers = code_numbers(job, rows, data.intervene)
    asked = np.arange(max(n, 2)) % n  # a single cell is asked for twice, see `batch`
    predictions = {}
    for target in data.task.targets:
        edited = data.edited(data.intervene.concepts, target)
        source = _cells(data, data.intervene.rows[asked], edited[asked], numbers[asked])
        genes = model.predict(source, batch_size=batch(512, source.n_obs))[0].X
        predictions[target.id] = to_pcs(data, np.maximum(genes[:n], 0))
    return predictions


def _embeddings(model: Package, data: TaskData) -> list[dict[str, np.ndarray]]:
    """For each concept, the vectors (4,) of its categories."""
    return [
        {
            category: model.get_categorical_attribute_embeddings(name, category)[0]
            for category in model.categorical_attributes_map[name]
        }
        for name in _attributes(data)
    ]
