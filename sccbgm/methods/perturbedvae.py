"""PerturbedVAE: separate what a perturbation does to a cell from what it leaves alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from sccbgm.engine.method import Question, StackedMethod, TrainingParams, loss_weights
from sccbgm.protocol.method import COUNT, WEIGHT, Fit, Job, Range, Runtime, hyperparameter
from sccbgm.protocol.task import Cells, Target, TaskData

if TYPE_CHECKING:
    from torch import Tensor

    from sccbgm.engine.validation import HeldOut
    from sccbgm.nn.perturbed_vae import PerturbedVAE

CELLS_AT_ONCE = 1024
"""Rows predicted together: each has a matrix L_vi of its own."""

PAPER = "as read in summaries of arXiv 2605.19343"
OURS = "own choice, tested on toys"


@dataclass(frozen=True)
class PerturbedVAEParams(TrainingParams):
    """The robust profile; the preset `reference` is the paper's, as far as it is known."""

    n_layers: int = hyperparameter(2, "hidden layers of encoder and decoder", OURS, within=COUNT)
    latent_dim: int = hyperparameter(
        128, "size of z_v and z_i together", "as the other methods' latent", within=COUNT
    )
    n_responsive: int | None = hyperparameter(
        None,
        "size of z_v; by default 8, with more than 8 labels 20, at most a quarter of all",
        OURS,
        within=Range(2),
    )
    likelihood: Literal["gaussian", "mse"] = hyperparameter(
        "gaussian", "features have a learned variance each (sums), or mean squared error", OURS
    )
    beta_responsive: float = hyperparameter(
        1.0, "weight of the KL of z_v", OURS, True, within=WEIGHT
    )
    beta_background: float = hyperparameter(
        1.0, "weight of the KL of z_i", OURS, True, within=WEIGHT
    )
    align: Literal["pair", "moment"] = hyperparameter(
        "moment", "compare a cell with its partner, or means and covariances of both", OURS
    )
    alpha: float = hyperparameter(50.0, "weight of the alignment", OURS, True, within=WEIGHT)
    match: Literal["context", "random"] = hyperparameter(
        "context", "partner: a control of the same broad type, or any control", OURS
    )
    reconstruct_partner: bool = hyperparameter(True, "reconstruct the partner too", OURS)
    reconstruct_controls: bool = hyperparameter(
        True, "reconstruct controls that are drawn as cells", PAPER
    )
    u_net: Literal["mlp", "linear"] = hyperparameter(
        "mlp", "form of the mechanism's functions of u", OURS
    )
    noise: Literal["learned", "fixed"] = hyperparameter(
        "learned", "variance of the noise of z_v: a function of u, or 1", OURS
    )
    sparsity: float = hyperparameter(
        0.0, "weight of |L_vv|_1, for sparse graphs", OURS, True, within=WEIGHT
    )
    perturbations: tuple[str, ...] | None = hyperparameter(
        None, "the concepts that make up u; by default found in the training cells", OURS, True
    )


PAPER_PROFILE = {
    "epochs": 100, "lr": 1e-4, "batch_size": 64, "hidden_dim": 256, "latent_dim": 105,
    "n_responsive": 20, "likelihood": "mse", "beta_responsive": 1e-2, "beta_background": 1e-2,
    "align": "pair", "alpha": 0.05, "match": "random", "reconstruct_partner": False,
}  # fmt: skip
"""Settings that summaries of the paper report; its own code was not published at this writing."""


class PerturbedVAEMethod(StackedMethod):
    """A VAE with background z_i, blind to the perturbation u, and response z_v, caused by both.

    z_v = mu(u) + L_vi(u) z_i + L_vv(u) z_v + e, L_vv strictly lower triangular, e ~ N(0, beta(u));
    x^ = g(z_v, z_i). edit: abduct e and z_i from the cell, change u, decode. residual: add the
    change of the decoded cell to the cell itself. generate: background from the cell, e from its
    prior. u are the perturbation concepts (`perturbation_concepts`); all others are left to z_i.
    A fit keeps their names among its jobs' parameters, so that it answers for cells and edits
    other than those it was trained with.
    """

    id = "perturbedvae"
    title = "PerturbedVAE"
    colour = "#661100"
    citation = "Jiang et al., What Makes a Representation Good for Single-Cell Perturbation Prediction?, ICML 2026"  # noqa: E501
    modes = ("edit", "residual", "generate")
    clip_norm: ClassVar[float | None] = 5.0
    presets = {"reference": PAPER_PROFILE}
    Params = PerturbedVAEParams

    def fit(
        self,
        jobs: Sequence[Job],
        runtime: Runtime,
        stage1: Fit | None = None,
        held_out: HeldOut | None = None,
    ) -> Fit:
        """Train all jobs, with the names of u written down in their parameters."""
        return super().fit([with_perturbations(job) for job in jobs], runtime, stage1, held_out)

    def load(
        self, jobs: Sequence[Job], path: Path, runtime: Runtime, stage1: Fit | None = None
    ) -> Fit:
        """The fit that `save` wrote, for the same training cells or the same names of u."""
        return super().load([with_perturbations(job) for job in jobs], path, runtime, stage1)

    def own_condition(
        self, job: Job, cells: Cells, target: Target | None, stage1: Fit | None, index: int
    ) -> np.ndarray:
        """Labels u (n_cells, K_u) before or after the edit. Raises ValueError for a missing one."""
        data = job.data
        u = data.edited(cells.concepts, target)[:, self._editable(job, target)]
        if np.isnan(u).any():
            raise ValueError(
                f"{data.task.dataset}/{data.task.id}: a perturbation concept of an intervened "
                f"cell is not annotated; {self.id} cannot infer it from the cell"
            )
        return u

    def _editable(self, job: Job, target: Target | None) -> np.ndarray:
        """The perturbation concepts. Raises ValueError where an edit would be without effect."""
        known = perturbation_concepts(job.data, job.params.perturbations)
        edits = target.edits if target else {}
        names = [name for name, used in zip(job.data.concept_names, known, strict=True) if used]
        # The mark of the control is left out of u, and an edit switches it off
        lost = [name for name, value in edits.items() if name not in names and value != 0]
        if lost or (edits and not set(edits) & set(names)):
            raise ValueError(
                f"{self.id}: found an edit of {lost or list(edits)}; the perturbation concepts, "
                f"which it can edit, are {names}"
            )
        return known

    def fields(self, job: Job, index: int, stage1: Fit | None) -> Mapping[str, np.ndarray]:
        """Cells, labels, contexts and the rows of possible partners."""
        return training_fields(job.data, job.params.match, job.params.perturbations)

    def network(
        self, jobs: Sequence[Job], n_condition: int, generators: Sequence[Any]
    ) -> PerturbedVAE:
        """The network of the jobs' shared shape, each with its loss weights and variances."""
        import torch

        from sccbgm.engine.train import Schedule
        from sccbgm.nn.perturbed_vae import PerturbedVAE, PerturbedVAEShape

        p = jobs[0].params
        n_labels = int(perturbation_concepts(jobs[0].data, p.perturbations).sum())
        n_responsive = responsive_size(p, n_labels)
        shape = PerturbedVAEShape(
            n_features=jobs[0].data.train.x.shape[1], n_labels=n_labels, width=p.hidden_dim,
            depth=p.n_layers, n_responsive=n_responsive, n_background=p.latent_dim - n_responsive,
            likelihood=p.likelihood, align=p.align, reconstruct_partner=p.reconstruct_partner,
            reconstruct_controls=p.reconstruct_controls, u_net=p.u_net, noise=p.noise,
        )  # fmt: skip
        names = ("beta_responsive", "beta_background", "alpha", "sparsity")
        weights = loss_weights(jobs, **{name: name for name in names})
        rows = [annotated(job.data, job.params.perturbations) for job in jobs]
        rates = [job.params.lr for job in jobs]
        schedule = Schedule([int(r.sum()) for r in rows], rates, p.epochs, p.batch_size)
        weights["n_steps"] = torch.tensor(schedule.lengths, dtype=torch.float32)
        x = [job.data.train.x[r] for job, r in zip(jobs, rows, strict=True)]
        variance = torch.from_numpy(np.stack([part.var(0) for part in x]).astype(np.float32))
        return PerturbedVAE(shape, weights, variance, generators)

    def predict_cells(self, network: PerturbedVAE, question: Question) -> Tensor:  # type: ignore[override]
        """The intervened cells after the edit, for all members."""
        import torch

        assert question.condition is not None and question.edited is not None
        x = question.x.expand(len(question.jobs), -1, -1)
        if question.mode == "generate":
            draws, shape = question.draws(), network.shape
            arguments = [x, question.edited] + [
                draws.normal(x.shape[1], size) for size in (shape.n_responsive, shape.n_background)
            ]
            predict: Callable[..., Tensor] = network.generate
        else:
            arguments = [x, question.condition, question.edited]
            predict = network.edit if question.mode == "edit" else network.residual_edit
        parts = zip(*(a.split(CELLS_AT_ONCE, 1) for a in arguments), strict=True)
        return torch.cat([predict(*part) for part in parts], 1)


def responsive_size(params: PerturbedVAEParams, n_labels: int) -> int:
    """Size of z_v. Raises ValueError unless z_v has two variables or more, and z_i one."""
    n = params.n_responsive
    if n is None:
        n = min(8 if n_labels <= 8 else 20, params.latent_dim // 4)
    if not 2 <= n < params.latent_dim:
        raise ValueError(
            f"n_responsive: found {n}, expected 2 or more and less than latent_dim "
            f"({params.latent_dim})"
        )
    return n


def with_perturbations(job: Job) -> Job:
    """The job with the names of its perturbation concepts written down in its parameters."""
    if job.params.perturbations is not None:
        return job
    used = perturbation_concepts(job.data)
    names = tuple(np.array(job.data.concept_names, dtype=object)[used])
    return dataclasses.replace(job, params=dataclasses.replace(job.params, perturbations=names))


def perturbation_concepts(data: TaskData, names: Sequence[str] | None = None) -> np.ndarray:
    """(n_concepts,) True for the concepts that make up u: those of `names` where it is given.

    Else those that a target edits, and those that vary within a context (a broad cell type):
    concepts that are constant in every context are the cell's identity. A concept that marks the
    control, on exactly where all the others are off and switched off by an edit, is not one of
    them: switching it off and another one on takes u from 0 to that one.
    """
    if names is not None:
        return _named(data, names)
    concepts = data.train.concepts
    chosen = np.any([data.edit_mask(target) for target in data.task.targets], axis=0)
    for context in np.unique(data.train_context):
        here = concepts[data.train_context == context]
        chosen |= np.nanmax(here, axis=0) > np.nanmin(here, axis=0)
    for index in np.flatnonzero(chosen & data.hard):
        others = chosen.copy()
        others[index] = False
        known = ~np.isnan(concepts[:, chosen]).any(1)
        off = (concepts[known][:, others] == 0).all(1)
        edits = [t.edits.get(data.concept_names[index], 1.0) for t in data.task.targets]
        if min(edits) == 0 and others.any() and np.array_equal(concepts[known, index] == 1, off):
            return others
    return chosen


def _named(data: TaskData, names: Sequence[str]) -> np.ndarray:
    if not names or set(names) - set(data.concept_names):
        raise ValueError(
            f"perturbations: found {sorted(names)}; expected one or more of "
            f"{list(data.concept_names)}"
        )
    return np.isin(data.concept_names, list(names))


def annotated(data: TaskData, names: Sequence[str] | None = None) -> np.ndarray:
    """(n_train,) True for training cells all of whose perturbation concepts are known."""
    return ~np.isnan(data.train.concepts[:, perturbation_concepts(data, names)]).any(1)


def training_fields(
    data: TaskData, match: Literal["context", "random"], names: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """The arrays of a training; cells without a label are left out.

    `partner` is a list of rows, controls first, by context; a cell's partners are
    `partner_count` of its entries from `partner_start`: the controls of the cell's context, or
    its context's other cells where it has no control. `random` takes all cells as one context.
    """
    kept = annotated(data, names)
    x = data.train.x if kept.all() else data.train.x[kept]  # the array itself is shared by seeds
    u = data.train.concepts[kept][:, perturbation_concepts(data, names)].astype(np.float32)
    contexts, context = np.unique(data.train_context[kept], return_inverse=True)
    if match == "random":
        contexts, context = contexts[:1], np.zeros(len(x), dtype=np.int64)
    perturbed = (u != 0).any(1)
    order = np.lexsort((context, perturbed))
    start, count = np.zeros(len(x), dtype=np.int64), np.zeros(len(x), dtype=np.int64)
    for c in range(len(contexts)):
        here = context[order] == c
        controls = np.flatnonzero(here & ~perturbed[order])
        entries = controls if len(controls) else np.flatnonzero(here)
        start[context == c], count[context == c] = entries[0], len(entries)
    return {
        "x": x,
        "u": u,
        "context": np.eye(len(contexts), dtype=np.float32)[context],
        "partner": order.astype(np.int64),
        "partner_start": start,
        "partner_count": count,
    }
