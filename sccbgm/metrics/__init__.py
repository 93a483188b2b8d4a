"""How close predicted cells are to the cells they should look like.

Distances are plain functions over arrays (n_cells, n_dims); `METRICS` names every number that can
be computed; `denominators` and `evaluate` form the ratios of a task.
"""

from sccbgm.metrics.comparison import CellLabels, Comparison, Reference
from sccbgm.metrics.frechet import frechet_distance
from sccbgm.metrics.mmd import mmd2
from sccbgm.metrics.ratio import Denominators, closest, denominators, denominators_by_preset
from sccbgm.metrics.registry import METRICS, Metric
from sccbgm.metrics.samples import Inexact, Missing, Sample
from sccbgm.metrics.score import evaluate
from sccbgm.metrics.sinkhorn import sinkhorn_divergence
from sccbgm.metrics.tidy import Origin, evaluate_predictions
from sccbgm.metrics.wasserstein import emd, wasserstein2

__all__ = [
    "METRICS",
    "CellLabels",
    "Comparison",
    "Denominators",
    "Inexact",
    "Metric",
    "Missing",
    "Origin",
    "Reference",
    "Sample",
    "closest",
    "denominators",
    "denominators_by_preset",
    "emd",
    "evaluate",
    "evaluate_predictions",
    "frechet_distance",
    "mmd2",
    "sinkhorn_divergence",
    "wasserstein2",
]
