"""Recall and precision of differentially expressed genes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sccbgm.metrics.comparison import Comparison
from sccbgm.metrics.samples import Missing

Control = Literal["train", "intervene"]
TRUE_LEVEL = 0.001
PREDICTED_LEVEL = 0.05
REBUILT_LEVEL = 0.05


@dataclass(frozen=True)
class Regulated:
    """(n_genes,) masks of the genes that are significantly up and down against a control."""

    up: np.ndarray
    down: np.ndarray


def regulated(treated: np.ndarray, control: np.ndarray, level: float) -> Regulated:
    """Genes with Benjamini-Hochberg adjusted p < level, by the sign of their log fold change.

    Two-sided Wilcoxon rank sums (normal approximation, no tie correction) of log-normalised
    expression, (n_cells, n_genes) on both sides; fold change is the ratio of expm1 of the group
    means. A gene whose mean is so far below zero that the ratio is undefined is in neither set.
    Source: scanpy's `rank_genes_groups` with its defaults, as in the authors' reference code.
    """
    import anndata
    import pandas as pd
    import scanpy

    groups = np.repeat(["treated", "control"], [len(treated), len(control)])
    adata = anndata.AnnData(
        np.vstack([treated, control]).astype(np.float32),
        obs=pd.DataFrame(
            {"group": pd.Categorical(groups)}, index=np.arange(len(groups)).astype(str)
        ),
    )
    # An undefined ratio is expected where reconstructed means are negative.
    with np.errstate(invalid="ignore", divide="ignore"):
        scanpy.tl.rank_genes_groups(
            adata, "group", groups=["treated"], reference="control", method="wilcoxon"
        )
    table = scanpy.get.rank_genes_groups_df(adata, group="treated").set_index("names")
    table = table.loc[adata.var_names]
    significant = table["pvals_adj"].to_numpy() < level
    change = table["logfoldchanges"].to_numpy()
    return Regulated(significant & (change > 0), significant & (change < 0))


def de_recall(
    comparison: Comparison, side: Literal["up", "down"], control: Control = "train"
) -> float:
    """Share of the truly regulated genes that are regulated alike in the predictions.

    recall = |true ∩ predicted| / |true|; true: target cells against control, adjusted p < 0.001;
    predicted: predictions brought back to genes by the inverse PCA against the same control,
    adjusted p < 0.05. The control is all training cells (the published contrast) or the
    intervened cells. Raises Missing where no gene is truly regulated (the reference code: 0).
    Source: authors' reference code; logged there, in no table.
    """
    true = comparison.reference.sample.once(
        ("regulated", control),
        lambda: regulated(
            _target_genes(comparison), _control_genes(comparison, control), TRUE_LEVEL
        ),
    )
    expected = true.up if side == "up" else true.down
    if not expected.any():
        raise Missing(f"no gene of the target cells is significantly {side}")
    found = comparison.predicted.once(
        ("regulated", control),
        lambda: regulated(
            _predicted_genes(comparison), _control_genes(comparison, control), PREDICTED_LEVEL
        ),
    )
    return float((found.up if side == "up" else found.down)[expected].mean())


def de_recall_mean(comparison: Comparison, control: Control = "train") -> float:
    """Mean of the recalls of up and down genes; raises Missing where one of them is missing."""
    return 0.5 * (de_recall(comparison, "up", control) + de_recall(comparison, "down", control))


def rebuilt_precision(comparison: Comparison) -> float:
    """Share of the genes regulated in the predictions that are truly regulated alike.

    precision = |true ∩ predicted| / |predicted|, genes with their sign, adjusted p < 0.05 against
    the intervened cells; predictions, target and intervened cells are all rebuilt from the task's
    components, so that what these leave out is missing on all sides. 0 where no gene is regulated
    in the predictions. Raises Missing where none is truly regulated.
    """
    both, predicted, _ = _rebuilt(comparison)
    return both / predicted if predicted else 0.0


def rebuilt_recall(comparison: Comparison) -> float:
    """Share of the truly regulated genes that are regulated alike in the predictions.

    As `rebuilt_precision`, |true ∩ predicted| / |true|.
    """
    both, _, true = _rebuilt(comparison)
    return both / true


def _rebuilt(comparison: Comparison) -> tuple[int, int, int]:
    """Numbers of genes: regulated in prediction and truth alike, in predictions, in truth."""
    control = comparison.data.intervene.x

    def found(cells: np.ndarray) -> Regulated:
        return regulated(
            _in_genes(comparison, cells), _in_genes(comparison, control), REBUILT_LEVEL
        )

    true = comparison.reference.sample.once(
        "rebuilt", lambda: found(comparison.reference.sample.cells)
    )
    n_true = int(true.up.sum() + true.down.sum())
    if not n_true:
        raise Missing("no gene of the target cells is significantly regulated")
    seen = comparison.predicted.once("rebuilt", lambda: found(comparison.predicted.cells))
    both = int((true.up & seen.up).sum() + (true.down & seen.down).sum())
    return both, int(seen.up.sum() + seen.down.sum()), n_true


def _target_genes(comparison: Comparison) -> np.ndarray:
    return _genes(comparison, comparison.data.targets[comparison.reference.target.id].rows)


def _control_genes(comparison: Comparison, control: Control) -> np.ndarray:
    data = comparison.data
    return _genes(comparison, (data.train if control == "train" else data.intervene).rows)


def _predicted_genes(comparison: Comparison) -> np.ndarray:
    return _in_genes(comparison, comparison.predicted.cells)


def _in_genes(comparison: Comparison, cells: np.ndarray) -> np.ndarray:
    reconstruct = comparison.data.reconstruct
    return cells if reconstruct is None else reconstruct(cells.astype(np.float32))


def _genes(comparison: Comparison, rows: np.ndarray) -> np.ndarray:
    if comparison.data.genes is None:
        raise Missing("needs the expression of the dataset's cells")
    return comparison.data.genes(rows)
