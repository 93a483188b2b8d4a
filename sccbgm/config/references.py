"""Checks what a configuration says of methods, metrics, tables, figures against what there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from sccbgm.config import analyses, comparisons
from sccbgm.config.dataset import DatasetConfig
from sccbgm.config.errors import ConfigError, Faults, accepted
from sccbgm.config.figure_ids import METRICS_OF_PAIRS, Boxes, MetricDots, Pairs, parse_figure
from sccbgm.config.method import MethodEntry, registered_fields
from sccbgm.config.sections import InterventionTasks
from sccbgm.config.sources import SyntheticSource
from sccbgm.metrics.registry import CHECKS, METRICS
from sccbgm.protocol.variants import DEFAULT
from sccbgm.tables.catalogue import CATALOGUE
from sccbgm.tables.catalogue import find as find_table
from sccbgm.tables.parameters import TABLE_ID as PARAMETERS_TABLE

if TYPE_CHECKING:
    from sccbgm.config.run import Benchmark
    from sccbgm.config.run_file import Config

Datasets = Mapping[str, DatasetConfig]
SWEEP = "sweep_"
"""Start of the ids of tables that rank the settings of a sweep."""


def applies(metric: str, dataset: DatasetConfig) -> bool:
    """Whether a dataset can have a metric.

    Those over pairs need true counterfactuals; ratios need principal components.
    """
    declared = METRICS[metric]
    paired = isinstance(dataset.tasks, InterventionTasks)
    return (paired or not declared.paired) and (
        dataset.n_pcs is not None or declared.space != "pcs"
    )


def check_references(
    config: Config, methods: Mapping[str, MethodEntry], name: str, faults: Faults
) -> None:
    """Every method and hyperparameter that is mentioned must be one that is there."""
    sections: dict[str, Iterable[str]] = {
        "variants": config.variants,
        "sweep.params": config.sweep.params,
        "reference_methods": config.reference_methods or (),
    }
    for section, mentioned in sections.items():
        for method_id in mentioned:
            if method_id not in methods:
                faults.lines.append(f"{name}: {section}: {accepted(method_id, methods)}")
    for method_id, grid in config.sweep.params.items():
        for key, values in grid.items() if method_id in methods else ():
            for value in values:
                with faults.gather():
                    methods[method_id].check({key: value}, name, f"sweep.params.{method_id}")
    known = {field for entry in methods.values() for field in entry.fields}
    if set(config.params) - known:
        # Not an error where a method that has it was taken out of the run
        known |= registered_fields()
    for key in config.params:
        if key not in known:
            message = accepted(key, sorted(known), "hyperparameter")
            faults.lines.append(f"{name}: params: {message}")


def check_outputs(config: Config, datasets: Datasets, name: str, faults: Faults) -> None:
    """Every metric, table and figure that is asked for must be one that the run can fill."""
    for metric in config.metrics:
        with faults.gather():
            _check_metric(metric, datasets, f"{name}: metrics")
    for table in config.tables:
        with faults.gather():
            _check_table(table, config, datasets, f"{name}: tables")
    for figure in config.figures:
        with faults.gather():
            _check_figure(figure, config, datasets, f"{name}: figures")


def check_target(kind: Literal["tables", "figures"], id: str, benchmark: Benchmark) -> None:
    """Raise ConfigError unless the run can fill that table or figure, listed in it or not."""
    check = _check_table if kind == "tables" else _check_figure
    check(id, benchmark.config, benchmark.datasets, kind)


def _check_metric(metric: str, datasets: Datasets, where: str) -> None:
    if metric not in METRICS:
        raise ConfigError(f"{where}: {accepted(metric, METRICS)}")
    if not any(applies(metric, dataset) for dataset in datasets.values()):
        declared = METRICS[metric]
        needs = "true counterfactuals" if declared.paired else "principal components"
        raise ConfigError(f"{where}: {metric} needs {needs}, which no dataset of the run has")


def _check_table(table: str, config: Config, datasets: Datasets, where: str) -> None:
    if table == PARAMETERS_TABLE:
        if not any(isinstance(d.source, SyntheticSource) for d in datasets.values()):
            raise ConfigError(f"{where}: {table} is of generated datasets; the run has none")
        return
    if analyses.is_output(table):
        return _check_analysed(table, "table", datasets, where)
    if comparisons.is_comparison(table, "table"):
        return _check_comparison(table, "table", config, datasets, where)
    if table.startswith(SWEEP):
        return _check_sweep(table, config, datasets, where)
    try:
        spec = find_table(table)
    except ValueError:
        known = [
            *sorted([PARAMETERS_TABLE, *CATALOGUE, *analyses.ids("table")]),
            "one of them followed by __DATASET",
            "tasks_METRIC__DATASET",
            *comparisons.forms("table"),
            f"{SWEEP}METRIC__DATASET",
        ]
        raise ConfigError(f"{where}: {accepted(table, known, 'table')}") from None
    needed = spec.pools or spec.datasets
    present = [id for id in needed if id in datasets]
    if not present:
        raise ConfigError(
            f"{where}: {table} is of {' and '.join(needed)}; the run has the datasets "
            f"{', '.join(datasets)}"
        )
    _check_metric_of(table, spec.metric, config.metrics, [datasets[id] for id in present], where)


def _check_sweep(table: str, config: Config, datasets: Datasets, where: str) -> None:
    """Raise ConfigError unless a table `sweep_METRIC__DATASET` has settings to rank."""
    metric, _, dataset = table.removeprefix(SWEEP).partition(analyses.ON)
    if not config.sweep.params:
        raise ConfigError(f"{where}: {table} ranks settings; the run has no sweep.params")
    if dataset not in datasets:
        raise ConfigError(f"{where}: {table}: {accepted(dataset, datasets, 'dataset')}")
    _check_metric_of(table, metric, config.metrics, [datasets[dataset]], where)


def _check_metric_of(
    output: str, metric: str, metrics: Sequence[str], datasets: Sequence[DatasetConfig], where: str
) -> None:
    """Raise ConfigError unless the run computes the metric of a table or figure."""
    if metric not in METRICS:
        raise ConfigError(f"{where}: {output}: {accepted(metric, METRICS, 'metric')}")
    if metric not in metrics:
        raise ConfigError(
            f"{where}: {output} shows {metric}; the run has the metrics {', '.join(metrics)}"
        )
    if not any(applies(metric, dataset) for dataset in datasets):
        names = " and ".join(dataset.id for dataset in datasets)
        raise ConfigError(f"{where}: {output} shows {metric}, which {names} cannot have")


def _check_analysed(output: str, kind: analyses.Kind, datasets: Datasets, where: str) -> None:
    """Raise ConfigError unless a dataset of the run has what a table or figure is made of."""
    try:
        analyses.find(output, kind, datasets)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None


def _check_comparison(
    id: str, kind: comparisons.Kind, config: Config, datasets: Datasets, where: str
) -> None:
    """Raise ConfigError unless the run has the dataset and the metric of a comparison."""
    try:
        asked = comparisons.parse(id, kind, datasets, config.metrics)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None
    shown = list(datasets.values()) if asked.of_all else [datasets[asked.dataset]]
    if asked.metric:
        _check_metric_of(id, asked.metric, config.metrics, shown, where)
    if asked.form.calibration and not isinstance(shown[0].tasks, InterventionTasks):
        raise ConfigError(f"{where}: {id} needs true counterfactuals, which {asked.dataset} lacks")
    selections = {dataset.preprocess.selection_on for dataset in datasets.values()}
    if asked.name == "leak" and len(selections) == 1:
        found = f"all have preprocess.selection_on: {selections.pop()}"
        raise ConfigError(f"{where}: {id} needs datasets of both kinds; {found}")
    if asked.name == "checks" and not set(CHECKS) & set(config.metrics):
        raise ConfigError(f"{where}: {id} shows {', '.join(CHECKS)}; the run has none of them")


def _check_figure(figure: str, config: Config, datasets: Datasets, where: str) -> None:
    if analyses.is_output(figure):
        return _check_analysed(figure, "figure", datasets, where)
    if comparisons.is_comparison(figure, "figure"):
        return _check_comparison(figure, "figure", config, datasets, where)
    try:
        parsed = parse_figure(figure, datasets)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None
    if isinstance(parsed, MetricDots):
        if parsed.table == PARAMETERS_TABLE:
            raise ConfigError(f"{where}: {figure}: {parsed.table} has no metric to draw")
        _check_table(parsed.table, config, datasets, f"{where}: {figure}")
        return
    paper = parsed.paper
    shown = [datasets[id] for id in (paper.datasets if paper else datasets)]
    for method in paper.methods if paper else ():
        if method not in config.methods:
            raise ConfigError(
                f"{where}: {figure} shows {method}; the run has the methods "
                f"{', '.join(config.methods)}"
            )
    for method, _, variant in paper.sides if paper else ():
        if variant not in {DEFAULT, *config.variants.get(method, {})}:
            raise ConfigError(
                f"{where}: {figure} shows the variant {variant!r} of {method}, which the run has "
                "not"
            )
    drawn = METRICS_OF_PAIRS if isinstance(parsed, Pairs) else ()
    for metric in (parsed.metric,) if isinstance(parsed, Boxes) else drawn:
        _check_metric_of(figure, metric, config.metrics, shown, where)
