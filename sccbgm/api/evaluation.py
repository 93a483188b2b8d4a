"""Score predicted cells of any origin against true ones, by every metric that the cells allow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sccbgm.api.compared import Given
from sccbgm.api.faults import Fault, expect
from sccbgm.api.posed import Posed, Poser
from sccbgm.metrics.comparison import Reference
from sccbgm.metrics.measure import NAN, measure, unusable
from sccbgm.metrics.ratio import denominators
from sccbgm.metrics.registry import METRICS, Metric
from sccbgm.metrics.samples import Sample
from sccbgm.metrics.score import evaluate as score
from sccbgm.protocol.task import COUNTERFACTUAL

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

COLUMNS = [
    *("metric", "title", "value", "no_edit", "distance", "no_edit_distance"),
    *("best", "direction", "reason"),
]
NO_TRAINING = "needs training cells, and the populations that the ratio is over"


def evaluate(
    true: AnnData,
    predicted: AnnData,
    control: AnnData | None = None,
    train: AnnData | None = None,
    groups: str | None = None,
    *,
    labels: str | None = None,
    layer: str | None = None,
    counts: bool = False,
    paired: bool = False,
    n_pcs: int = 128,
    max_cells: int = 2000,
    metrics: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Every metric of predicted cells, a row a metric, but for those that ask the method itself.

    true, predicted: log-normalised cells, of the genes of `predicted`. Of an answer of `intervene`,
    known by its uns, the layer "counterfactual" is the prediction and X the control. layer: another
    layer of `predicted`. counts: all other cells are counts, which are scaled as those of the model
    that predicted. control: the cells before the edit, each in the row of its prediction. train,
    groups: other real cells, and the obs column of the populations that ratios are over. labels:
    obs column of the subtypes, of the true cells and those before the edit, for the metrics that
    need them. paired: row i of `true` is the true counterfactual of row i of `predicted`, and has
    its name.

    Cells are compared in `n_pcs` principal components of the real ones: of `train`, else of `true`
    and `control`. Of more than `max_cells` of a kind, that many are drawn at random, the same ones
    each time. Columns: metric, title, value, distance (D(T, P) of a metric whose value is a ratio);
    no_edit, no_edit_distance: the same of the control as prediction; best, direction; reason: why
    there is no value, or what is to be said of it.

    Raises Fault for cells that cannot be compared, all faults together.
    """
    import pandas as pd

    known = [metric.id for metric in METRICS.values() if not metric.asked]
    ids = known if metrics is None else list(metrics)
    for id in ids:
        expect(id, known, "metrics", "metric")
    if max_cells < 2:
        raise Fault(f"max_cells: found {max_cells}; expected 2 or more")
    given = Given(true, predicted, control, train, groups, labels, layer, counts, paired)
    poser = Poser(given.read(), n_pcs, max_cells)
    rows: dict[str, dict[str, Any]] = {}
    for in_genes in (False, True):
        asked = [id for id in ids if in_genes == _of_genes(METRICS[id])]
        if asked:
            rows |= _both(poser.pose(in_genes), asked)
    return pd.DataFrame([rows[id] for id in ids])[COLUMNS]


def _of_genes(metric: Metric) -> bool:
    """Whether a metric compares each cell's genes with those of its own truth."""
    return metric.paired and metric.space == "genes"


def _both(posed: Posed, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Metric -> its row: the prediction, and the control as one."""
    table = denominators(posed.data, ids) if len(posed.data.train_groups) else None
    reference = Reference(posed.data, COUNTERFACTUAL, posed.labels)
    missing = {"value": NAN, "distance": NAN}
    scored = {
        name: _scores(reference, Sample(posed.x[name]), ids, table) if name in posed.x else {}
        for name in ("predicted", "control")
    }
    return {
        id: {
            **scored["predicted"][id],
            "title": METRICS[id].title,
            "no_edit": scored["control"].get(id, missing)["value"],
            "no_edit_distance": scored["control"].get(id, missing)["distance"],
            "best": METRICS[id].best,
            "direction": METRICS[id].direction,
        }
        for id in ids
    }


def _scores(
    reference: Reference, predicted: Sample, ids: Sequence[str], table: pd.DataFrame | None
) -> dict[str, dict[str, Any]]:
    """Metric -> value, distance and reason; a ratio without populations has its distance alone."""
    alone = [METRICS[id] for id in ids if table is None and METRICS[id].ratio]
    others = [id for id in ids if METRICS[id] not in alone]
    rows = score(reference.data, COUNTERFACTUAL, predicted.cells, table, others, reference)
    return {row["metric"]: row for row in rows} | {
        metric.id: _distance(reference, predicted, metric) for metric in alone
    }


def _distance(reference: Reference, predicted: Sample, metric: Metric) -> dict[str, Any]:
    reason = unusable("prediction", predicted, metric) or unusable(
        "target", reference.sample, metric
    )
    distance = NAN if reason else measure(metric, reference.sample, predicted).value
    row = {"metric": metric.id, "value": NAN, "distance": distance}
    return row | {"reason": reason or NO_TRAINING}
