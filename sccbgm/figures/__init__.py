"""Figures of tidy results and of edited cells; each is data first, then a drawing of these data.

The dot figure of any table, with the published values and the controls:

    from sccbgm.figures import metric_figure, save

    save(metric_figure(build("table01", metrics, paper_dir)), Path("results/figures/table01"))

The UMAP of one task (`load_tasks` gives the task's arrays, obs belongs to the same h5ad):

    from sccbgm.figures import read_predictions, umap_figure, umap_points

    names = Names()
    edited = read_predictions(prediction_files, "cd4_0", "stim", seed=13, names=names)
    points = umap_points(load_tasks(data, tasks, pca, ["cd4_0"])["cd4_0"], obs, edited, names)
    save(umap_figure(points, "CD4 T cells 0", names), Path("results/figures/umap_cd4_0"))

`Names(own)` (from sccbgm.tables.names) knows what the methods say of themselves. Box plots per
kind of noise or per task: `box_figure(box_values(...), ...)`. Generated cells by
their annotations: `annotation_figure(annotation_points(cells, "concepts"), ...)`. `save` writes
`stem` + each of `SUFFIXES`.
"""

from sccbgm.figures.analysed import analysed_figure
from sccbgm.figures.annotations import annotation_figure, annotation_points
from sccbgm.figures.box_values import box_values
from sccbgm.figures.boxes import box_figure
from sccbgm.figures.cells import umap_figure
from sccbgm.figures.comparisons import comparison_figure
from sccbgm.figures.metric import metric_figure
from sccbgm.figures.nothing import NothingToDraw, nothing_figure
from sccbgm.figures.pairs import pair_figure, pair_values
from sccbgm.figures.points import metric_points
from sccbgm.figures.style import SUFFIXES, save
from sccbgm.figures.umap_points import read_predictions, umap_points

__all__ = [
    "SUFFIXES",
    "NothingToDraw",
    "analysed_figure",
    "annotation_figure",
    "annotation_points",
    "box_figure",
    "box_values",
    "comparison_figure",
    "metric_figure",
    "metric_points",
    "nothing_figure",
    "pair_figure",
    "pair_values",
    "read_predictions",
    "save",
    "umap_figure",
    "umap_points",
]
