"""Tables 13 and 14, Figure 11: whether an edit changes what it should, and only that.

Trained on a random 60 % of the cells, which have every broad type in every condition: (a) scCBGM
with the condition as its one concept, (b) with all concepts of the dataset, (c) with all but the
condition.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.analyses.cells import TEST, arrays, basis_of, random_split, roles
from sccbgm.analyses.guarded import attempt, failed, in_folds
from sccbgm.analyses.study import Result, Study, tidy
from sccbgm.config.sections import Binary
from sccbgm.data.concepts import get_concepts
from sccbgm.protocol.keys import derive_key
from sccbgm.protocol.method import Failure, Fit
from sccbgm.protocol.task import Target, Task, TaskData

if TYPE_CHECKING:
    from anndata import AnnData

METHOD = "sccbgm"
OTHER, STIMULATED = "test_other", "test_stimulated"
STAGES = ("before", "after")
KNOWN = {"stim_in_known": True, "stim_in_unknown": False}
"""Group of Table 14 -> whether the condition is among the known concepts."""


def leakage(cells: AnnData, study: Study) -> Result:
    """Rows of Table 13 (metric "mean_classifier_score") and of Table 14 (metric "auroc").

    The first by group (broad type), classifier ("cell_type" or "stim"), stage ("before" or
    "after" the edit of the condition) and seed; n_cells are the test cells without the stimulus.
    The second by group (`KNOWN`), fold and seed; n_cells are all test cells. Source: paper, Tables
    13 and 14; the classifiers are not described there (`scores`, `aurocs`).
    """
    concept = next(c for c in study.dataset.concepts if isinstance(c, Binary))
    edited = [_task_data(cells, study, concept.name, seed) for seed in study.seeds]
    groups = ["condition", *KNOWN]
    jobs = [
        study.job(METHOD, of_seed[group], seed)
        for group in groups
        for seed, of_seed in zip(study.seeds, edited, strict=True)
    ]
    fit = study.fit(jobs)
    broad = cells.obs["broad"].astype(str).to_numpy()
    stimulated = get_concepts(cells)[concept.name].to_numpy() == 1
    rows: list[dict[str, Any]] = []
    n = len(study.seeds)
    for i, (seed, answer) in enumerate(zip(study.seeds, fit.predict("edit")[:n], strict=True)):
        rows += _scores(edited[i]["condition"], answer, broad, stimulated, seed)
    for j, group in enumerate(KNOWN, start=1):
        for i, seed in enumerate(study.seeds):
            rows += _aurocs(edited[i][group], fit, j * n + i, group, stimulated, seed)
    return Result(tidy(rows, study))


def _task_data(cells: AnnData, study: Study, stim: str, seed: int) -> dict[str, TaskData]:
    """The same cells annotated with the condition alone, with everything, and without it."""
    role = random_split(cells, "leakage", study.dataset.id, seed).astype(object)
    table = get_concepts(cells)
    on = table[stim].to_numpy() == 1
    role[(role == TEST) & on], role[(role == TEST) & ~on] = STIMULATED, OTHER
    everything = roles(cells, role)

    def task(name: str, edits: dict[str, float]) -> Task:
        target = Target("stim", (STIMULATED,), edits, name)
        id = f"leakage_{name}_{seed}"
        return Task(study.dataset.id, id, "role", OTHER, (OTHER, STIMULATED), (target,))

    names = [str(name) for name in table]
    others = [name for name in names if name != stim]
    known = {"condition": [stim], "stim_in_known": names, "stim_in_unknown": others}
    basis = basis_of(everything, task("basis", {}), study.dataset.n_pcs)
    return {
        name: arrays(
            roles(cells, role, table[concepts]),
            task(name, {stim: 1.0} if stim in concepts else {}),
            basis,
        )
        for name, concepts in known.items()
    }


def _scores(
    data: TaskData, answer: Any, broad: np.ndarray, stimulated: np.ndarray, seed: int
) -> Iterator[dict[str, Any]]:
    train, own = data.train, broad[data.intervene.rows]
    for group in np.unique(own):
        here = own == group
        positives = {"cell_type": broad[train.rows] == group, "stim": stimulated[train.rows]}
        for classifier, positive in positives.items():
            known = {
                "method": METHOD, "metric": "mean_classifier_score", "group": group,
                "classifier": classifier, "n_cells": int(here.sum()), "seed": seed,
            }  # fmt: skip
            if isinstance(answer, Failure):
                found = dict.fromkeys(STAGES, failed(answer.reason))
            else:
                stages = (data.intervene.x[here], answer["stim"][here])
                found = scores(train.x, positive, dict(zip(STAGES, stages, strict=True)))
            for stage, value in found.items():
                yield known | {"stage": stage} | value


def scores(
    train: np.ndarray, positive: np.ndarray, asked: dict[str, np.ndarray]
) -> dict[str, dict[str, Any]]:
    """Mean probability that a classifier of the training cells gives some others.

    Logistic regression (L2, C = 1) of `positive` against the rest on components that are
    standardised on the training cells. One classifier a cell type, whose probabilities are not
    normalised over the types. Each is a value or, where the classifier failed, a reason.
    """
    model = cache(lambda: _classifier().fit(train, positive))

    def mean(x: np.ndarray) -> float:
        return float(model().predict_proba(x)[:, 1].mean())

    return {name: attempt(partial(mean, x)) for name, x in asked.items()}


def _aurocs(
    data: TaskData, fit: Fit, index: int, group: str, stimulated: np.ndarray, seed: int
) -> Iterator[dict[str, Any]]:
    known = {"method": METHOD, "metric": "auroc", "group": group, "seed": seed}
    parts = [data.intervene, data.targets["stim"]]
    n = sum(map(len, parts))
    try:
        codes = np.concatenate([fit.flow_condition(index, cells) for cells in parts])
    except RuntimeError as error:
        yield known | {"fold": 0, "n_cells": n} | failed(str(error))
        return
    unknown = codes[:, len(data.concept_names) :]
    labels = stimulated[np.concatenate([cells.rows for cells in parts])]
    key = derive_key("folds", data.task.dataset, group, seed) % 2**32
    for row in aurocs(unknown, labels, key):
        yield known | {"n_cells": n} | row


def aurocs(x: np.ndarray, positive: np.ndarray, seed: int) -> list[dict[str, Any]]:
    """Area under the ROC curve in each fold, see `in_folds`.

    x: (n_cells, n_units). Standardised logistic regression, as in `scores`.
    """
    from sklearn.metrics import roc_auc_score

    def area(train: np.ndarray, test: np.ndarray) -> float:
        model = _classifier().fit(x[train], positive[train])
        return float(roc_auc_score(positive[test], model.predict_proba(x[test])[:, 1]))

    return list(in_folds(x, positive, seed, area))


def _classifier() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
