"""biolord: a free code for every training cell, an embedding for every value of every concept.

A decoder turns [code; embeddings] into genes; a counterfactual is the cell's own code decoded with
the embedding of the target value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sccbgm.methods._answers import arrays, tensors
from sccbgm.methods._packages import AnsweredFit, answer_each, fold_seed, on_the_pool
from sccbgm.protocol.method import (
    COUNT,
    POSITIVE,
    WEIGHT,
    Failure,
    Fit,
    Job,
    Method,
    Predictions,
    Range,
    Runtime,
    hyperparameter,
)
from sccbgm.protocol.task import Cells, Target


@dataclass(frozen=True)
class BiolordParams:
    """Settings of biolord. Those not named here are the package's defaults.

    The reference code asks for a decoder of 4 x 1024 without batch norm, but hands it over in a
    form that the package ignores: the published rows come from 4 x 512 with batch norm and seed 0.
    """

    hidden_dim: int = hyperparameter(1024, "decoder width", "reference configuration", within=COUNT)
    n_layers: int = hyperparameter(4, "decoder depth", "reference configuration", within=COUNT)
    batch_norm: bool = hyperparameter(False, "batch norm in the decoder", "reference configuration")
    latent_dim: int = hyperparameter(32, "size of a cell's code", "reference code", within=COUNT)
    epochs: int = hyperparameter(
        100, "passes over the training cells", "paper, Table 6", within=COUNT
    )
    batch_size: int = hyperparameter(128, "cells in a minibatch", "paper, Table 6", within=COUNT)
    lr: float = hyperparameter(
        1e-4, "learning rate of all three optimisers", "paper, Table 6", within=POSITIVE
    )
    weight_decay: float = hyperparameter(
        1e-4, "coupled, in all three optimisers", "reference code", within=WEIGHT
    )
    train_share: float = hyperparameter(
        1.0,
        "share of the cells trained on; codes of the others decay to 0",
        "own choice",
        within=Range(0, 1, above_low=True),
    )
    own_codes: bool = hyperparameter(
        True, "edit a cell's own code, not that of the training cell of the same rank", "own choice"
    )
    edit_condition: bool = hyperparameter(
        True, "a flow on top decodes the edited concepts, not the observed ones", "own choice"
    )
    seed: int | None = hyperparameter(
        None, "fixed seed; None for the member's", "own choice", within=WEIGHT
    )


@dataclass(frozen=True)
class BiolordAnswer:
    """The parts of one fitted model that are kept.

    codes: (n, latent_dim) of the cells that have one, rows: (n,) their rows in the dataset.
    embeddings: for each concept, its categories' vectors (4,).
    """

    predictions: Predictions
    codes: np.ndarray
    rows: np.ndarray
    embeddings: Sequence[Mapping[str, np.ndarray]]


class BiolordFit(AnsweredFit[BiolordAnswer]):
    """Answers of the jobs; the models are gone, as each holds a copy of its training cells."""

    def predictions(self, answer: BiolordAnswer) -> Predictions:
        """The edited cells of one job."""
        return answer.predictions

    def said(self, job: Job, answer: BiolordAnswer) -> Mapping[str, str]:
        """Whether cells have codes, and so were trained on, that are no training cells."""
        remark = on_the_pool(job.data)
        return dict.fromkeys(answer.predictions, remark) if remark else {}

    def flow_condition(self, index: int, cells: Cells, target: Target | None = None) -> np.ndarray:
        """(n_cells, latent_dim + 4 n_concepts) [code; embeddings in the order of the concepts].

        The cells must have codes. Raises RuntimeError, with the reason, if the job failed.
        """
        answer, job = self.answers[index], self.jobs[index]
        if isinstance(answer, Failure):
            raise RuntimeError(answer.reason)
        edited = job.data.edited(cells.concepts, target if job.params.edit_condition else None)
        numbers = code_numbers(job, answer.rows, cells)
        vectors = [
            np.stack([table[name] for name in categories(edited[:, k])])
            for k, table in enumerate(answer.embeddings)
        ]
        return np.concatenate([answer.codes[numbers], *vectors], axis=1)


class Biolord(Method):
    """Adapter around the package biolord.

    Every concept is a categorical attribute, so a target value must occur in training. The codes
    are free parameters, so intervened cells that are not training cells join them, as observed.
    Seeded: initial weights, split, minibatches, code noise. Not: atomic additions on a GPU.
    """

    id = "biolord"
    title = "biolord"
    colour = "#E69F00"
    environment = "biolord"
    uses_gpu = True
    members_a_job = 8
    citation = "Piran et al., Nature Biotechnology 2024, doi:10.1038/s41587-023-02079-x"
    input = "lognorm"
    presets = {
        "reference": {
            "hidden_dim": 512,
            "batch_norm": True,
            "train_share": 0.9,
            "own_codes": False,
            "edit_condition": False,
            "seed": 0,
        }
    }
    Params = BiolordParams

    def fit(self, jobs: Sequence[Job], runtime: Runtime, stage1: Fit | None = None) -> BiolordFit:
        """Train one model after another, and let each answer."""
        from sccbgm.methods import _biolord

        answers = answer_each(
            jobs,
            runtime,
            lambda job: _biolord.run(job, runtime),
            lambda job: (id(job.data), job.params, seed_of(job)),
            BiolordAnswer,
        )
        return BiolordFit(jobs, answers)

    def save(self, fit: Fit, path: Path) -> None:
        """Write the answers, which is all that prediction and biolord-FM need."""
        from sccbgm.engine import files

        if not isinstance(fit, BiolordFit):
            raise TypeError(f"expected a BiolordFit, got {type(fit).__name__}")
        # An answer that jobs share is one object, so that it is stored once.
        stored = {id(a): tensors(vars(a)) for a in fit.answers}
        files.save([stored[id(answer)] for answer in fit.answers], path)

    def load(
        self, jobs: Sequence[Job], path: Path, runtime: Runtime, stage1: Fit | None = None
    ) -> BiolordFit:
        """The fit that `save` wrote. Raises ValueError for another number of jobs."""
        from sccbgm.engine import files

        answers = files.load(path, "cpu")
        if len(answers) != len(jobs):
            raise ValueError(f"{path}: holds {len(answers)} fits, expected {len(jobs)}")
        kinds = (Failure if "reason" in a else BiolordAnswer for a in answers)
        return BiolordFit(jobs, [kind(**arrays(a)) for kind, a in zip(kinds, answers, strict=True)])


def seed_of(job: Job) -> int:
    """The seed of the package's draws: the member's own, or the fixed one."""
    return fold_seed(job.member.key("train")) if job.params.seed is None else job.params.seed


def code_numbers(job: Job, rows: np.ndarray, cells: Cells) -> np.ndarray:
    """(n_cells,) which of the codes, of these rows of the dataset, is used for each cell.

    Its own; without `own_codes`, the intervened cells take the first codes instead, as the
    reference code numbers them from 0. Raises KeyError for a cell that has no code.
    """
    if not job.params.own_codes and np.array_equal(cells.rows, job.data.intervene.rows):
        return np.arange(len(cells))
    position = {row: i for i, row in enumerate(rows.tolist())}
    return np.array([position[row] for row in cells.rows.tolist()])


def categories(values: np.ndarray) -> list[str]:
    """Names of values of a concept, equal for values that agree to 6 digits; "nan" if missing."""
    return [f"{value:.6g}" for value in values]
