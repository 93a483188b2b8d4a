"""Figures 5, 14 and 15: stellate cells at a low dose of TCDD edited to those that respond to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sccbgm.analyses.cells import TRAIN, arrays, basis_of, roles
from sccbgm.analyses.guarded import failed
from sccbgm.analyses.markers import marker_genes, mean_expression
from sccbgm.analyses.study import Result, Study, tidy
from sccbgm.config.sections import LogDose, Pathways
from sccbgm.data.concepts import get_concepts
from sccbgm.metrics import denominators
from sccbgm.metrics.score import evaluate
from sccbgm.protocol.method import Failure
from sccbgm.protocol.task import Target, Task, TaskData

if TYPE_CHECKING:
    from anndata import AnnData

TYPE = "hepatic stellate cell"
START, RESPONDERS = "0.01", ("10.0", "30.0")
"""Doses in ug/kg: of the cells that are edited, and of those that respond."""
PATHWAYS = {"TGFb": "up", "PI3K": "up", "p53": "up", "Trail": "down", "VEGF": "down"}
"""Pathways that are edited, and how the responders differ in them (paper, D.1.3)."""
LOW, HIGH = "low_dose", "high_dose"
EDITS = ("joint", "dose", "pathways")
METHODS = {"sccbgm_fm": "edit", "sccbgm": "edit"}
N_EXAMPLES = 3


@dataclass(frozen=True)
class _Question:
    """The task, and the edit of all concepts at once."""

    data: TaskData
    edits: dict[str, float]
    dose: str


def stellate(cells: AnnData, study: Study) -> Result:
    """Rows of four metrics, and the cells that are shown.

    "pathway_target": by group (pathway), the mean of the responders, which the cells are edited to;
    reason says where it is not on the side that the paper states. "rmmd": by method, mode and edit
    ("joint" of dose and pathways, "dose", "pathways", "none"), to the responders. "marker_mean": by
    gene, direction, rank, population ("low_dose", "edited", "high_dose") and whether the gene is
    one of `in_pathways`; edited cells are scCBGM-FM's, brought back to genes. "marker_overlap": how
    many of the markers are footprint genes of an edited pathway.

    cells: low_dose, high_dose and edited, X their principal components, obs["population"], and the
    expression of 3 genes up and 3 down in obs["gene NAME"].

    Trained on everything but the responders, one seed. Source: paper, 5.4, D.1.3, D.10, Figs. 5,
    14, 15. The single edits are not in the paper.
    """
    seed = study.seeds[0]
    question = _question(cells, study)
    rows = _pathway_rows(cells, question)
    stage1 = study.fit([study.job("sccbgm", question.data, seed)])
    fits = {"sccbgm": stage1}
    fits["sccbgm_fm"] = study.fit([study.job("sccbgm_fm", question.data, seed)], stage1)
    answers = {method: fits[method].predict(mode)[0] for method, mode in METHODS.items()}
    rows += _distances(question.data, answers)
    edited = answers["sccbgm_fm"]
    shown = None
    if not isinstance(edited, Failure):
        marked, shown = _markers(cells, study, question.data, edited["joint"])
        rows += marked
    return Result(tidy([row | {"seed": seed} for row in rows], study), shown)


def _question(cells: AnnData, study: Study) -> _Question:
    """The task of the case study on these cells. Raises ValueError where a side is missing."""
    kind = cells.obs["subtype" if "subtype" in cells.obs else "broad"].astype(str)
    condition = cells.obs["condition"].astype(str)
    own = (kind == TYPE).to_numpy()
    role = np.full(cells.n_obs, TRAIN, dtype=object)
    role[own & (condition == START).to_numpy()] = LOW
    role[own & condition.isin(RESPONDERS).to_numpy()] = HIGH
    concepts = get_concepts(cells)
    if missing := [name for name in PATHWAYS if name not in concepts]:
        raise ValueError(
            f"{study.dataset.id}: the pathways {missing} are not concepts ({list(concepts)})"
        )
    for side in (LOW, HIGH):
        if not (role == side).any():
            raise ValueError(f"{study.dataset.id}: no {TYPE} for {side}")
    dose = next(c.name for c in study.dataset.concepts if isinstance(c, LogDose))
    responders = concepts[role == HIGH]
    pathways = {name: float(responders[name].mean()) for name in PATHWAYS}
    edits = {dose: float(responders[dose].max()), **pathways}
    wanted = {"joint": edits, "dose": {dose: edits[dose]}, "pathways": pathways}
    targets = tuple(Target(name, (HIGH,), wanted[name], name) for name in EDITS)
    with_roles = roles(cells, role)
    task = Task(study.dataset.id, "stellate", "role", LOW, (HIGH,), targets)
    data = arrays(with_roles, task, basis_of(with_roles, task, study.dataset.n_pcs))
    return _Question(data, edits, dose)


def _pathway_rows(cells: AnnData, question: _Question) -> list[dict[str, Any]]:
    """Where the responders are in each pathway, and whether that is where the paper has them."""
    concepts = get_concepts(cells)
    high = question.data.targets["joint"].rows
    low = question.data.intervene.rows
    rows = []
    for name, value in question.edits.items():
        row = {"metric": "pathway_target", "group": name, "value": value, "n_cells": len(high)}
        if name != question.dose:
            shift = value - float(concepts[name].iloc[low].mean())
            found = "up" if shift > 0 else "down"
            said = PATHWAYS[name]
            row["shift"] = shift
            row["reason"] = "" if found == said else f"{found} in these cells, {said} in the paper"
        rows.append(row)
    return rows


def _distances(data: TaskData, answers: dict[str, Any]) -> list[dict[str, Any]]:
    """rMMD to the responders of every edit by every method, and of the cells as they are."""
    first = data.task.targets[0]
    one = replace(data, task=replace(data.task, targets=(first,)))
    closest = denominators(one, ["rmmd"])
    predictions: dict[tuple[str, str, str], Any] = {("no_edit", "edit", "none"): data.intervene.x}
    for method, answer in answers.items():
        for edit in EDITS:
            found = answer if isinstance(answer, Failure) else answer[edit]
            predictions[method, METHODS[method], edit] = found
    rows = []
    for (method, mode, edit), found in predictions.items():
        row: dict[str, Any] = {
            "method": method, "mode": mode, "edit": edit, "n_cells": len(data.intervene),
        }  # fmt: skip
        if isinstance(found, Failure):
            rows.append(row | {"metric": "rmmd"} | failed(found.reason))
            continue
        scored = evaluate(one, first.id, found, closest, ["rmmd"])
        rows += [row | score for score in scored if score["metric"] == "rmmd"]
    return rows


def _markers(
    cells: AnnData, study: Study, data: TaskData, edited: np.ndarray
) -> tuple[list[dict[str, Any]], AnnData]:
    """Marker rows, and the cells of the three populations."""
    assert data.genes is not None and data.reconstruct is not None
    kind = cells.obs["subtype" if "subtype" in cells.obs else "broad"].astype(str)
    own = np.flatnonzero(kind == TYPE)
    high = data.targets["joint"].rows
    markers = marker_genes(data.genes(own), data.gene_names, np.isin(own, high))
    markers["in_pathways"] = markers["gene"].isin(_footprints(study))
    populations = {
        LOW: data.genes(data.intervene.rows),
        "edited": data.reconstruct(edited),
        HIGH: data.genes(high),
    }
    means = mean_expression(markers, data.gene_names, populations).assign(metric="marker_mean")
    overlap = {
        "metric": "marker_overlap",
        "value": float(markers["in_pathways"].sum()),
        "n_cells": len(own),
        "n_markers": len(markers),
    }
    rows: list[dict[str, Any]] = [{str(k): v for k, v in r.items()} for r in _records(means)]
    return [*rows, overlap], _shown(data, edited, populations, markers)


def _records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.to_dict("records")


def _footprints(study: Study) -> set[str]:
    """Footprint genes of the pathways that are edited."""
    from sccbgm.data.pathways import read_network

    concept = next(c for c in study.dataset.concepts if isinstance(c, Pathways))
    network = read_network(concept)
    return set(network.loc[network["source"].isin(list(PATHWAYS)), "target"].astype(str))


def _shown(
    data: TaskData, edited: np.ndarray, populations: dict[str, np.ndarray], markers: pd.DataFrame
) -> AnnData:
    import anndata

    x = {LOW: data.intervene.x, "edited": edited, HIGH: data.targets["joint"].x}
    place = pd.Index(data.gene_names)
    examples = markers[markers["rank"] <= N_EXAMPLES]
    parts = []
    for name in x:
        part = pd.DataFrame({"population": np.full(len(x[name]), name)})
        for gene in examples["gene"]:
            part[f"gene {gene}"] = populations[name][:, place.get_loc(gene)]
        parts.append(part)
    obs = pd.concat(parts, ignore_index=True)
    obs.index = obs.index.astype(str)
    up_down = {d: list(examples.loc[examples["direction"] == d, "gene"]) for d in ("down", "up")}
    return anndata.AnnData(
        np.concatenate(list(x.values())).astype(np.float32), obs=obs, uns={"examples": up_down}
    )
