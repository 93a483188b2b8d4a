"""Flow matching in the space of cells, conditioned on concepts or on a first stage's codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from sccbgm.engine.method import Question, StackedMethod, TrainingParams, annotated
from sccbgm.protocol.method import COUNT, Fit, Job, Range, hyperparameter
from sccbgm.protocol.task import Cells, Target

if TYPE_CHECKING:
    from torch import Tensor

    from sccbgm.nn.velocity import VelocityNetwork


@dataclass(frozen=True)
class FlowParams(TrainingParams):
    """The paper's Table 6, and the solver."""

    dropout: float = hyperparameter(
        0.1, "dropout of the flow network", "paper, Table 6", within=Range(0, 1, below_high=True)
    )
    solver: Literal["euler", "midpoint", "rk4"] = hyperparameter(
        "midpoint", "integrator of the flow", "measured: docs/engine.md"
    )
    solver_steps: int = hyperparameter(
        25,
        "steps from noise to cell",
        "measured: docs/engine.md; the paper's runs: Euler, 1000",
        within=COUNT,
    )


@dataclass(frozen=True)
class VanillaFMParams(FlowParams):
    """As every flow, and what it is conditioned on."""

    conditioned_on: Literal["all", "edited"] = hyperparameter(
        "all",
        "all concepts, or those alone that a target of the task edits, as in the paper's Fig. 4",
        "reference code",
    )


REFERENCE_SOLVER = {"solver": "euler", "solver_steps": 1000}
"""How the authors' reference code integrates."""


class FlowMethod(StackedMethod):
    """A flow; subclasses say what it is conditioned on.

    edit: integrate the cell back to noise under its own condition, and forward under the edited
    one. decode: integrate fresh noise forward under the edited condition.
    """

    modes: ClassVar[tuple[str, ...]] = ("edit", "decode")
    presets = {"reference": REFERENCE_SOLVER}
    Params = FlowParams

    def network(
        self, jobs: Sequence[Job], n_condition: int, generators: Sequence[Any]
    ) -> VelocityNetwork:
        """The velocity network."""
        from sccbgm.nn.velocity import VelocityNetwork

        p, n_features = jobs[0].params, jobs[0].data.train.x.shape[1]
        return VelocityNetwork(
            n_features, n_condition, p.hidden_dim, p.n_layers, p.dropout, generators
        )

    def own_condition(
        self, job: Job, cells: Cells, target: Target | None, stage1: Fit | None, index: int
    ) -> np.ndarray:
        """(n_cells, n_condition) of a job: by default the first stage's condition."""
        if stage1 is None:
            raise ValueError(f"{self.id} needs the fit of its first stage, {self.builds_on}")
        return stage1.flow_condition(index, cells, target)

    def fields(self, job: Job, index: int, stage1: Fit | None) -> Mapping[str, np.ndarray]:
        """Cells and their conditions."""
        condition = self.own_condition(job, job.data.train, None, stage1, index)
        return {"x": job.data.train.x, "condition": condition}

    def predict_cells(self, network: VelocityNetwork, question: Question) -> Tensor:  # type: ignore[override]
        """Integrate the flow for all members and cells."""
        from sccbgm.nn.solvers import edit, integrate

        p = question.params
        x = question.x.expand(len(question.jobs), -1, -1)
        before, after = question.condition, question.edited
        assert before is not None and after is not None
        if question.mode == "edit":
            return edit(network, x, before, after, p.solver, p.solver_steps)
        noise = question.draws().normal(*x.shape[1:])
        return integrate(network, noise, after, 0.0, 1.0, p.solver, p.solver_steps)


class VanillaFM(FlowMethod):
    """A flow conditioned on the annotated concepts themselves; no first stage, no unknown code."""

    id = "vanilla_fm"
    title = "Vanilla-FM"
    colour = "#009E73"
    citation = "Lipman et al., Flow Matching for Generative Modeling, ICLR 2023"
    Params = VanillaFMParams
    needs_annotations = True

    def own_condition(
        self, job: Job, cells: Cells, target: Target | None, stage1: Fit | None, index: int
    ) -> np.ndarray:
        """The concepts that the flow is conditioned on, with the target's edits.

        Of all concepts without edits, the cells' own array, which members of a task then share.
        Raises ValueError for an edit that would be without effect.
        """
        concepts = cells.concepts if target is None else job.data.edited(cells.concepts, target)
        columns = _columns(job)
        if (job.data.edit_mask(target) & ~columns).any():
            names = ", ".join(np.array(job.data.concept_names, dtype=object)[columns])
            raise ValueError(f"this flow is conditioned on {names} alone, and the edit is another")
        return annotated(concepts if columns.all() else concepts[:, columns], self.id)


def _columns(job: Job) -> np.ndarray:
    """(n_concepts,) True for what the flow is conditioned on. Raises ValueError for nothing."""
    if job.params.conditioned_on == "all":
        return np.ones(len(job.data.concept_names), dtype=bool)
    edited = np.any([job.data.edit_mask(target) for target in job.data.task.targets], axis=0)
    if not edited.any():
        raise ValueError("conditioned_on: found 'edited', and the task edits no concept")
    return edited
