"""A synthetic dataset as an AnnData: factual cells, then the counterfactuals of each task."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd

from sccbgm.config.sources import GeneratorSettings, SyntheticSource
from sccbgm.synthetic.cells import GeneratedCells, draw_cells
from sccbgm.synthetic.generator import sample_counts
from sccbgm.synthetic.interventions import (
    Intervention,
    choose_interventions,
    counterfactual_concepts,
    roles,
)
from sccbgm.synthetic.parameters import Parameters, draw_parameters


def make_dataset(source: SyntheticSource, threads: int = 2) -> ad.AnnData:
    """Generate cells, choose held-out questions, append the true counterfactuals.

    Rows are the n_cells factual cells, then block k: the counterfactuals of the cells that
    intervention k edits, in the order of these cells.

    Returns:
        X: int16 counts. obs: `cell_type`, `tissue`, `batch`, `library` (log library size),
        `original_index` (row of the factual cell) and `intervention_<k>` with the labels train,
        modify (edited), hold_out (its counterfactual) and drop (everything else).
        var: `number` of the gene in the generator. obsm["concepts"]: DataFrame.
        varm["effects"]: DataFrame of the additive effects on the log rate.
        uns["interventions"]: cell type and concept of each task. uns["synthetic"]: settings.

    Raises:
        ValueError: when too few pairs of cell type and concept have enough cells.
    """
    settings = GeneratorSettings(**source.model_dump(include=set(GeneratorSettings.model_fields)))
    parameters = draw_parameters(settings)
    cells = draw_cells(settings, parameters)
    chosen = choose_interventions(cells, source.n_tasks, source.min_cells, source.seed)
    edited = [counterfactual_concepts(cells, task) for task in chosen]
    concepts = np.concatenate([cells.concepts, *edited])
    original = np.concatenate([np.arange(source.n_cells), *(task.modify for task in chosen)])
    counts = sample_counts(settings, parameters, cells, original, concepts, threads)
    names = [f"concept_{k}" for k in range(source.n_concepts)]
    obs = _annotation(cells, original, chosen)
    var = pd.DataFrame({"number": np.arange(source.n_genes)})
    var.index = pd.Index([f"var_{j}" for j in range(source.n_genes)])
    return ad.AnnData(
        X=counts,
        obs=obs,
        var=var,
        obsm={"concepts": pd.DataFrame(concepts, index=obs.index, columns=names)},
        varm={"effects": _effects(parameters, names, var.index)},
        uns={"interventions": _questions(chosen), "synthetic": settings.model_dump()},
    )


def _annotation(
    cells: GeneratedCells, original: np.ndarray, chosen: list[Intervention]
) -> pd.DataFrame:
    n_cells = len(cells.batch)
    block = np.concatenate(
        [np.full(n_cells, -1), *(np.full(len(t.modify), k) for k, t in enumerate(chosen))]
    )
    obs = pd.DataFrame(
        {
            "cell_type": pd.Categorical(_labels("celltype", cells.cell_type[original])),
            "tissue": pd.Categorical(_labels("tissue", cells.tissue[original])),
            "batch": pd.Categorical(_labels("batch", cells.batch[original])),
            "library": cells.library[original],
            "original_index": original,
        },
        index=pd.Index([f"obs_{i}" for i in range(len(original))]),
    )
    for k, task in enumerate(chosen):
        role = np.where(block == k, "hold_out", "drop").astype(object)
        role[:n_cells] = roles(task, n_cells)
        obs[f"intervention_{k}"] = pd.Categorical(role)
    return obs


def _labels(name: str, numbers: np.ndarray) -> list[str]:
    return [f"{name}_{number}" for number in numbers]


def _effects(parameters: Parameters, concepts: list[str], genes: pd.Index) -> pd.DataFrame:
    groups = (
        ("batch", parameters.batch),
        ("celltype", parameters.cell_type),
        ("tissue", parameters.tissue),
    )
    columns = ["baseline"]
    columns += [f"{name}_{i}" for name, effect in groups for i in range(len(effect))]
    return pd.DataFrame(parameters.effects.T, index=genes, columns=[*columns, *concepts])


def _questions(chosen: list[Intervention]) -> pd.DataFrame:
    rows = [(f"celltype_{task.cell_type}", f"concept_{task.concept}") for task in chosen]
    index = pd.Index([f"intervention_{k}" for k in range(len(chosen))])
    return pd.DataFrame(rows, index=index, columns=["cell_type", "concept"])
