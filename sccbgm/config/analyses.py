"""Which analyses there are, and which tables and figures of the paper are made of each.

Read whenever the workflow is parsed: imports the standard library alone, and no analysis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sccbgm.config.dataset import DatasetConfig

Kind = Literal["table", "figure"]
ON = "__"


@dataclass(frozen=True)
class Analysis:
    """The needs of an analysis.

    function: "module:function" of `sccbgm.analyses`. reads: the cells of the file ("raw"),
    or those that `preprocess` wrote ("clean"), or none, only what the configuration says
    ("settings"). methods: ids of those that it trains. concepts: kinds that the dataset must
    have.
    """

    function: str
    reads: Literal["raw", "clean", "settings"] = "clean"
    methods: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Output:
    """A table or figure of the paper: the analysis and the dataset that it shows."""

    kind: Kind
    analysis: str
    dataset: str
    title: str


ANALYSES: Mapping[str, Analysis] = {
    "counts": Analysis("counts:counts"),
    "tasks": Analysis("counts:tasks"),
    "hyperparameters": Analysis("hyperparameters:hyperparameters", "settings"),
    "misclassification": Analysis("misclassification:misclassification", "raw"),
    "tsne": Analysis("tsne:tsne", "raw"),
    "leakage": Analysis("leakage:leakage", methods=("sccbgm",), concepts=("binary",)),
    "reconstruction": Analysis(
        "reconstruction:reconstruction",
        methods=("sccbgm", "sccbgm_fm", "vanilla_fm", "cvae", "vae"),
    ),
    "stellate": Analysis(
        "stellate:stellate",
        methods=("sccbgm", "sccbgm_fm"),
        concepts=("pathways", "log_dose"),
    ),
}

OUTPUTS: Mapping[str, Output] = {
    "table04": Output("table", "counts", "kang", "Cells by subtype and condition"),
    "table05": Output("table", "counts", "kang", "Cells by subtype and condition"),
    "table06": Output("table", "hyperparameters", "kang", "Hyperparameters on Kang et al."),
    "table07": Output("table", "hyperparameters", "cui", "Hyperparameters on Cui et al."),
    "table08": Output("table", "hyperparameters", "nault", "Hyperparameters on Nault et al."),
    "table09": Output("table", "tasks", "", "What is edited, to what"),
    "table10": Output(
        "table", "misclassification", "kang", "How often two cell types are taken for each other"
    ),
    "table13": Output("table", "leakage", "kang", "Classifier scores before and after an edit"),
    "table14": Output(
        "table", "leakage", "kang", "How well the unknown units tell the condition (AUROC)"
    ),
    "figure05": Output(
        "figure", "stellate", "nault_pathways", "Stellate cells edited to responders"
    ),
    "figure09": Output("figure", "tsne", "kang", "Cells by their published cell type"),
    "figure10": Output("figure", "reconstruction", "kang", "Reconstruction of unseen cells"),
    "figure11": Output("figure", "leakage", "kang", "Classifier scores before and after an edit"),
    "figure14": Output(
        "figure", "stellate", "nault_pathways", "Marker genes of responding stellate cells"
    ),
    "figure15": Output(
        "figure", "stellate", "nault_pathways", "Example marker genes of responding stellate cells"
    ),
}
"""By the id under which a run asks for them. Without a dataset: all that hold out real cells."""


@dataclass(frozen=True)
class Asked:
    """A table or figure that a run asks for, and the datasets that it shows."""

    id: str
    output: Output
    datasets: tuple[str, ...]

    @property
    def analysis(self) -> Analysis:
        """The analysis that makes it."""
        return ANALYSES[self.output.analysis]


def is_output(id: str) -> bool:
    """Whether a table's or figure's id is one of an analysis, with or without `__DATASET`."""
    return id.partition(ON)[0] in OUTPUTS


def find(id: str, kind: Kind, datasets: Mapping[str, DatasetConfig]) -> Asked:
    """The output that an id such as `table10` or `table10__kang_reduced` asks for.

    datasets: those of the run. Raises ValueError where there is no such table or figure, where its
    dataset is not in the run, or where the dataset lacks what the analysis needs.
    """
    base, _, named = id.partition(ON)
    output = OUTPUTS.get(base)
    if output is None or output.kind != kind:
        raise ValueError(f"unknown {kind} {id!r}; of the analyses there are {', '.join(ids(kind))}")
    wanted = named or output.dataset
    if wanted and wanted not in datasets:
        raise ValueError(
            f"{id}: {wanted!r} is not a dataset of this run ({', '.join(datasets)}); "
            f"write {base}{ON}DATASET for another one"
        )
    chosen = (wanted,) if wanted else tuple(d for d in datasets if _holds_out(datasets[d]))
    if not chosen:
        raise ValueError(f"{id}: no dataset of this run holds out real cells")
    asked = Asked(id, output, chosen)
    for dataset in chosen:
        _check(asked, datasets[dataset])
    return asked


def ids(kind: Kind) -> list[str]:
    """Ids of the tables or figures that are made by an analysis."""
    return [id for id, output in OUTPUTS.items() if output.kind == kind]


def asked_for(
    tables: Iterable[str], figures: Iterable[str], datasets: Mapping[str, DatasetConfig]
) -> list[Asked]:
    """The outputs of analyses that a run asks for. Raises ValueError as `find` does."""
    kinds: dict[Kind, Iterable[str]] = {"table": tables, "figure": figures}
    return [find(id, kind, datasets) for kind, ids in kinds.items() for id in ids if is_output(id)]


def trained(tables: Iterable[str], figures: Iterable[str]) -> list[str]:
    """Methods that the analyses of a run train, each once."""
    used = (ANALYSES[OUTPUTS[base].analysis] for base in map(_base, (*tables, *figures)) if base)
    return list(dict.fromkeys(method for analysis in used for method in analysis.methods))


def _base(id: str) -> str:
    base = id.partition(ON)[0]
    return base if base in OUTPUTS else ""


def _holds_out(dataset: DatasetConfig) -> bool:
    return dataset.tasks.kind == "held_out"


def _check(asked: Asked, dataset: DatasetConfig) -> None:
    if asked.analysis.reads == "settings":
        return
    if asked.output.analysis == "tasks":
        if not _holds_out(dataset):
            raise ValueError(f"{asked.id}: {dataset.id!r} holds out no real cells")
        return
    if dataset.columns.broad is None or dataset.columns.condition is None:
        raise ValueError(
            f"{asked.id}: the dataset {dataset.id!r} needs columns.broad and columns.condition"
        )
    has = {concept.kind for concept in dataset.concepts}
    for kind in asked.analysis.concepts:
        if kind not in has:
            raise ValueError(
                f"{asked.id}: the dataset {dataset.id!r} needs a concept of the kind {kind!r}; "
                f"it has {', '.join(sorted(has))}"
            )
