"""CINEMA-OT: match unedited with edited cells by optimal transport on confounders.

No training. Independent components of the pooled cells that do not depend on the treatment (by
Chatterjee's xi) are confounders; entropic transport in their space gives each control cell a
distribution over treated cells, and the prediction is its mean expression.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sccbgm.methods._packages import (
    AnsweredFit,
    answer_each,
    expression,
    in_state,
    observed_state,
    on_the_pool,
    pool,
    to_pcs,
)
from sccbgm.protocol.method import (
    COUNT,
    POSITIVE,
    SHARE,
    Fit,
    Job,
    Method,
    Predictions,
    Runtime,
    hyperparameter,
)
from sccbgm.protocol.task import Target, TaskData

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CinemaOTParams:
    """Settings of CINEMA-OT; the sources are the benchmark's, not the package's defaults."""

    n_pcs: int = hyperparameter(
        50, "scanpy PCs of the pooled cells", "reference code", within=COUNT
    )
    n_variable_genes: int | None = hyperparameter(
        None,
        "PCA of so many highly variable genes of the pool; None for all genes",
        "own choice",
        within=COUNT,
    )
    n_components: int = hyperparameter(
        20, "independent components, of the first PCs", "paper, Table 6", within=COUNT
    )
    xi_threshold: float = hyperparameter(
        0.5, "components below it are confounders", "paper, Table 6", within=SHARE
    )
    smoothness: float = hyperparameter(
        1e-5, "epsilon over the number of confounders", "paper, Table 6", within=POSITIVE
    )
    tolerance: float = hyperparameter(
        1e-3, "L1 error of the marginals to stop at", "paper, Table 6", within=POSITIVE
    )
    normalise: Literal["row", "mean"] = hyperparameter(
        "row", "divide transport rows by their own sum, or all by the mean sum", "own choice"
    )
    duplicate: bool = hyperparameter(
        False, "intervened cells enter the pool twice: as training cells and again", "own choice"
    )
    block: int = hyperparameter(
        1024, "rows of the transport matrix held at once", "own choice", within=COUNT
    )


class CinemaOT(Method):
    """The algorithm of `pertpy.tl.Cinemaot.causaleffect`, for matrices that do not fit in memory.

    Same PCA (scanpy), ICA (scikit-learn), xi (pertpy) and Sinkhorn solver (ott-jax) with the
    same settings. pertpy itself also makes a dense control x treated matrix several times over in
    float64; here at most `block` rows of it exist, so memory beyond the pooled genes is
    O(block * max(n_control, n_treated)). Only cells in the two states of the edit take part, of
    all cell types. Deterministic: the seed plays no part.
    """

    id = "cinema_ot"
    title = "CINEMA-OT"
    colour = "#332288"
    environment = "cinema_ot"
    members_a_job = 8
    citation = "Dong et al., Nature Methods 2023, doi:10.1038/s41592-023-02040-5"
    input = "lognorm"
    presets = {"reference": {"normalise": "mean", "duplicate": True, "n_variable_genes": 3000}}
    Params = CinemaOTParams

    def fit(self, jobs: Sequence[Job], runtime: Runtime, stage1: Fit | None = None) -> Fit:
        """Match and predict, one job after another."""
        import pertpy  # noqa: F401  a missing package stops the run, not each job

        answers = answer_each(jobs, runtime, _answer, _but_for_seed, CinemaOTAnswer)
        return CinemaOTFit(jobs, answers)


@dataclass(frozen=True)
class CinemaOTAnswer:
    """Edited cells by target, and remarks on them."""

    predictions: Predictions
    remarks: Mapping[str, str]


class CinemaOTFit(AnsweredFit[CinemaOTAnswer]):
    """Answers of the jobs."""

    def predictions(self, answer: CinemaOTAnswer) -> Predictions:
        """The edited cells of one job."""
        return answer.predictions

    def said(self, job: Job, answer: CinemaOTAnswer) -> Mapping[str, str]:
        """Which of them did not converge, and that the pool is more than the training cells."""
        return answer.remarks


def _but_for_seed(job: Job) -> tuple[int, CinemaOTParams]:
    return id(job.data), job.params


def _answer(job: Job) -> CinemaOTAnswer:
    cells, remarks = {}, {}
    for target in job.data.task.targets:
        genes, remark = _predict(job, target)
        cells[target.id] = to_pcs(job.data, genes)
        if remark:
            remarks[target.id] = remark
            logger.warning("%s, target %s: %s", job.member, target.id, remark)
    return CinemaOTAnswer(cells, remarks)


def _predict(job: Job, target: Target) -> tuple[np.ndarray, str]:
    """(n_intervene, n_genes) log-normalised expression after the edit, and a remark on it."""
    data, params = job.data, job.params
    rows, treated, intervened = _two_groups(data, target, params.duplicate)
    genes = expression(data, rows)
    cf, unmixed = confounders(genes, ~treated, params)
    weights = np.cumsum(~treated)[intervened] - 1  # positions among the control cells
    moved, error = _match(cf[~treated], cf[treated], weights, genes[treated], params)
    said = [on_the_pool(data)]
    if not unmixed:
        said.append("the independent components did not converge")
    if not error <= params.tolerance:
        marginals = f"L1 error of its marginals {error:.2g}, tolerance {params.tolerance:g}"
        said.append(f"the transport did not converge ({marginals})")
    return moved, "; ".join(filter(None, said))


def _two_groups(
    data: TaskData, target: Target, duplicate: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the cells before or after the edit, True where after, where the intervened are."""
    if duplicate:
        rows = np.concatenate([data.train.rows, data.intervene.rows])
        concepts = np.concatenate([data.train.concepts, data.intervene.concepts])
        intervened = len(data.train) + np.arange(len(data.intervene))
    else:
        rows, concepts, intervened = pool(data)
    names = list(target.edits)
    state = concepts[:, [data.concept_names.index(name) for name in names]]
    control = in_state(state, observed_state(data, names))
    treated = in_state(state, list(target.edits.values()))
    if not treated.any():
        raise ValueError(f"no training cell has {dict(target.edits)}")
    kept = control | treated
    return rows[kept], treated[kept], np.cumsum(kept)[intervened] - 1


def confounders(
    genes: np.ndarray, control: np.ndarray, params: CinemaOTParams
) -> tuple[np.ndarray, bool]:
    """(n, n_confounders) independent components with xi(component, control) below the threshold.

    genes: (n, n_genes) log-normalised; control: (n,) bool. The second value says whether the
    components converged. Raises ValueError where there are
    fewer PCs than components asked for, or no component is left.
    """
    import scanpy as sc
    from anndata import AnnData
    from pertpy.tools._cinemaot import Xi
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    pooled = AnnData(genes)
    n_genes = min(params.n_variable_genes or genes.shape[1], genes.shape[1])
    if n_genes < genes.shape[1]:
        # scanpy's PCA looks at these genes alone where they are marked; transport moves all
        sc.pp.highly_variable_genes(pooled, n_top_genes=n_genes)
    sc.pp.pca(pooled, n_comps=min(params.n_pcs, n_genes - 1, len(genes) - 1))
    pcs = pooled.obsm["X_pca"][:, : params.n_components]
    if pcs.shape[1] < params.n_components:
        raise ValueError(f"{genes.shape} cells x genes give fewer than {params.n_components} PCs")
    ica = FastICA(params.n_components, random_state=0, whiten="arbitrary-variance")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        components = np.asarray(ica.fit_transform(pcs), dtype=np.float64)
    xi = np.array([Xi(c, control * 1, random_state=0).correlation for c in components.T])
    if not (xi < params.xi_threshold).any():
        raise ValueError(f"no confounder: all xi are {params.xi_threshold} or more")
    converged = not any(issubclass(w.category, ConvergenceWarning) for w in caught)
    return components[:, xi < params.xi_threshold], converged


def _match(
    control: np.ndarray,
    treated: np.ndarray,
    chosen: np.ndarray,
    treated_genes: np.ndarray,
    params: CinemaOTParams,
) -> tuple[np.ndarray, float]:
    r"""Mean expression of the treated cells that each chosen control cell is transported to.

    x'_i = \sum_j P_{ij} x_j / s_i, where s_i is row i's own sum ("row") or the mean of the chosen
    rows' sums ("mean"). control: (n, k), treated: (m, k), chosen: positions in control,
    treated_genes: (m, n_genes). The second value is the L1 error of the plan's marginals.
    """
    from sccbgm.methods._sinkhorn import solve, transport_rows

    epsilon = params.smoothness * control.shape[1]
    f, g, error = solve(control, treated, epsilon, params.tolerance, params.block)
    moved, sums = [], []
    for start in range(0, len(chosen), params.block):
        block = chosen[start : start + params.block]
        plan = transport_rows(control[block], treated, f[block], g, epsilon)
        total = plan.sum(axis=1)
        sums.append(total)
        moved.append((plan / total[:, None]).astype(np.float32) @ treated_genes)
    mass = np.concatenate(sums)
    scale = mass / mass.mean() if params.normalise == "mean" else np.ones_like(mass)
    return (np.concatenate(moved) * scale[:, None]).astype(np.float32), error
