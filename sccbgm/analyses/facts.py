"""The numbers of a run that the paper states in its text: sizes, seeds, settings of its studies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sccbgm.analyses.cells import TEST_SHARE
from sccbgm.analyses.markers import N_MARKERS
from sccbgm.analyses.reconstruction import fig10_seeds
from sccbgm.analyses.stellate import PATHWAYS, RESPONDERS, START
from sccbgm.config.run import Benchmark
from sccbgm.config.sections import HeldOutTasks
from sccbgm.config.sections import Pathways as PathwayConcepts
from sccbgm.config.sources import SyntheticSource
from sccbgm.config.sweep import grid_points
from sccbgm.engine.train import LEARNING_RATE_DECAY
from sccbgm.io.seals import verified
from sccbgm.metrics import neighbours
from sccbgm.protocol.variants import CLEAN, parse
from sccbgm.synthetic import parameters as drawn

Fact = tuple[float | tuple[float, ...], str]
"""A number, or several of which each is one, and why they are not the paper's ("" if they are)."""

_STUDIES = {
    "kang": ("table01", "kang"),
    "cui": ("table19", "cui"),
    "nault": ("table21", "nault"),
    "synthetic": ("table11", "synthetic_1"),
    "noise": ("figure03", "synthetic_1_genes"),
    "sweep": ("figure08", "synthetic_1_genes"),
    "ablation": ("table15", "synthetic_1_genes"),
    "encoders": ("figure12", "kang"),
}
"""Study -> a table or figure that it is asked for, and the dataset whose seeds and tasks count."""


def facts(studies: Sequence[Benchmark], cells: Mapping[str, Path]) -> dict[str, Fact]:
    """Name -> fact, for all that the run's studies and datasets say.

    cells: dataset -> its clean cells, for those that are there.
    """
    asked = {name: _asking(studies, id) for name, (id, _) in _STUDIES.items()}
    found: dict[str, Fact] = dict(_constants())
    for name, study in asked.items():
        if study is not None:
            of_study = _of_study(study, _STUDIES[name][1])
            found |= {f"{name}.{key}": fact for key, fact in of_study}
    if (study := asked["kang"]) is not None:
        found |= _settings(study)
        seeds = fig10_seeds(study.seeds("kang"))
        found["reconstruction.n_seeds"] = float(len(seeds)), ""
    if (study := asked["sweep"]) is not None:
        found |= dict(_swept(study))
    if (study := asked["noise"]) is not None and study.config.sweep.noise is not None:
        noise, said = study.config.sweep.noise, _reduced(study)
        found["noise.n_levels"] = float(len(noise.levels)), said
        found["noise.levels"] = tuple(map(float, noise.levels)), said
        found["noise.n_kinds"] = float(len(set(noise.kinds) - {CLEAN})), said
    datasets = {id: dataset for study in studies for id, dataset in study.datasets.items()}
    for id, dataset in datasets.items():
        if dataset.task_ids:  # not known yet of tasks that are derived from the cells
            found[f"{id}.n_tasks"] = float(len(dataset.task_ids)), dataset.reduced
        if isinstance(dataset.source, SyntheticSource):
            settings = dataset.source.model_dump(exclude={"kind", "concept_dependency"})
            found |= {f"{id}.{k}": (float(v), dataset.reduced) for k, v in settings.items()}
        if isinstance(dataset.tasks, HeldOutTasks) and id == "nault":
            doses = tuple(float(target) for target in dataset.tasks.targets)
            found["nault.held_out_doses"] = doses, dataset.reduced
        for concept in dataset.concepts:
            if isinstance(concept, PathwayConcepts):
                n_genes = float(concept.top * len(PATHWAYS))
                found["pathways.n_edited_genes"] = n_genes, dataset.reduced
                if id in cells:
                    found[f"{id}.n_pathways"] = _n_pathways(cells[id]), dataset.reduced
        if id in cells:
            found |= {f"{id}.{k}": (v, dataset.reduced) for k, v in _of_cells(cells[id])}
    return found


def _asking(studies: Sequence[Benchmark], id: str) -> Benchmark | None:
    return next((s for s in studies if id in (*s.config.tables, *s.config.figures)), None)


def _reduced(study: Benchmark) -> str:
    return next(iter(study.datasets.values())).reduced


def _constants() -> Iterator[tuple[str, Fact]]:
    numbers: dict[str, float | tuple[float, ...]] = {
        "leakage.train_pct": 100 * (1 - TEST_SHARE),
        "leakage.test_pct": 100 * TEST_SHARE,
        "stellate.start_dose": float(START),
        "stellate.target_dose": max(map(float, RESPONDERS)),
        "stellate.responder_doses": tuple(map(float, RESPONDERS)),
        "stellate.n_markers": float(N_MARKERS),
        "knn.k": float(neighbours.N_NEIGHBOURS),
        "engine.lr_decay": LEARNING_RATE_DECAY,
        "generator.baseline_min": drawn.BASELINE_RANGE[0],
        "generator.baseline_max": drawn.BASELINE_RANGE[1],
        "generator.library_sd_min": drawn.LIBRARY_SD_RANGE[0],
        "generator.library_sd_max": drawn.LIBRARY_SD_RANGE[1],
        "generator.zero_share_alpha": drawn.ZERO_SHARE_BETA[0],
        "generator.zero_share_beta": drawn.ZERO_SHARE_BETA[1],
    }
    yield from ((name, (value, "")) for name, value in numbers.items())


def _of_study(study: Benchmark, dataset: str) -> Iterator[tuple[str, Fact]]:
    said = study.datasets[dataset].reduced
    yield "n_seeds", (float(len(study.seeds(dataset))), said)
    yield "n_interventions", (float(len(study.datasets[dataset].task_ids)), said)
    trained = [entry for entry in study.methods.values() if entry.fields]
    names = {(e.method.id, parse(name).settings) for e in trained for name in e.variants}
    yield "n_architectures", (float(len(names)), said)


def _settings(study: Benchmark) -> dict[str, Fact]:
    """Hyperparameters of scCBGM and of the flow on Kang."""
    found: dict[str, Fact] = {}
    for method in ("sccbgm", "vanilla_fm"):
        if (entry := study.methods.get(method)) is not None:
            own = ", ".join(f"{k} {v}" for k, v in {**entry.run_params, **entry.caps}.items())
            said = f"set for the whole run: {own}" if own else ""
            for name, value in vars(entry.params("kang", "recommended")).items():
                if isinstance(value, int | float):
                    found[f"{method}.{name}"] = float(value), said
    n_pcs = study.datasets["kang"].n_pcs
    return found | ({} if n_pcs is None else {"kang.n_pcs": (float(n_pcs), "")})


def _swept(study: Benchmark) -> Iterator[tuple[str, Fact]]:
    """The grid of scCBGM, as the paper counts it: a set is a setting and a seed."""
    config, said = study.config, _reduced(study)
    dataset = next(iter(study.datasets))
    points = grid_points(config.sweep, config.variants, config.scale.settings)
    n_settings = sum(method == "sccbgm" for method, _ in points)
    seeds, n_tasks = study.seeds(dataset), len(study.datasets[dataset].task_ids)
    yield "sweep.n_sets", (float(n_settings * len(seeds)), said)
    yield "sweep.n_runs", (float(n_settings * len(seeds) * n_tasks), said)
    yield "sweep.seeds", (tuple(map(float, seeds)), said)
    for name, values in config.sweep.params.get("sccbgm", {}).items():
        yield f"sweep.{name}", (tuple(map(float, values)), said)
    fixed = study.methods["sccbgm"].params(dataset, "recommended")
    for name in ("n_unknown", "n_layers"):
        yield f"sweep.{name}", (float(getattr(fixed, name)), said)


def _of_cells(path: Path) -> Iterator[tuple[str, float | tuple[float, ...]]]:
    """Sizes of clean cells, and their doses where conditions are numbers."""
    import anndata

    cells = anndata.read_h5ad(verified(path), backed="r")
    yield "n_cells", float(cells.n_obs)
    yield "n_genes_kept", float(cells.n_vars)
    for column in ("broad", "subtype", "condition"):
        if column in cells.obs:
            yield f"n_{column}", float(cells.obs[column].nunique())
    if path.stem == "nault":
        yield "doses", tuple(sorted(float(dose) for dose in cells.obs["condition"].unique()))
    if path.stem == "cui":
        yield "n_cytokines", float(cells.obs["condition"].nunique() - 1)


def _n_pathways(path: Path) -> float:
    """Concepts besides the one-hot broad types and the dose."""
    import anndata

    cells = anndata.read_h5ad(verified(path), backed="r")
    return float(cells.obsm["concepts"].shape[1] - cells.obs["broad"].nunique() - 1)
