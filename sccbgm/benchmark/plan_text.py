"""The plan of a run as text: of several studies a line each, of one a line a method."""

from __future__ import annotations

from collections.abc import Sequence

from sccbgm.benchmark.cost import TIMINGS, Timing
from sccbgm.benchmark.studies import Run
from sccbgm.benchmark.summary import PlanLine

GB = 1e9
MS_AN_HOUR = 3.6e6


def as_text(run: Run, lines: Sequence[PlanLine], timings: Sequence[Timing] = ()) -> str:
    """An aligned table with its sums, what the paper counts, other jobs, and expected hours."""
    several = "" not in run.studies
    table = _by_study(run, lines, timings) if several else _by_method(lines)
    return "\n".join([table, "", _counts(lines), *_others(run), *_hours(lines, timings)])


def _by_study(run: Run, lines: Sequence[PlanLine], timings: Sequence[Timing]) -> str:
    clocks = {"CPU hours": _fastest(timings, gpu=False), "GPU hours": _fastest(timings, gpu=True)}
    names = ("study", "members", "shared", "jobs", "done", "steps")
    rows = [
        (*names, *(n for n, clock in clocks.items() if clock), "packages, CPU h", "weights, GB")
    ]
    groups = {id: [line for line in lines if line.study == id] for id in run.studies}
    for id, group in {**groups, "total": list(lines)}.items():
        if not group:  # its tasks are derived from cells that are not there yet
            rows.append((id, "unknown", *[""] * (len(rows[0]) - 2)))
            continue
        numbers = [
            f"{sum(getattr(line, name) for line in group):,}"
            for name in ("members", "shared", "shards", "done")
        ]
        numbers.append(_sum([line.steps for line in group], "{:,.0f}"))
        work = [line.work for line in group]
        for clock in filter(None, clocks.values()):
            numbers.append(_sum([w and w * clock.ms / MS_AN_HOUR for w in work]))
        numbers.append(_sum([line.package_hours for line in group]))
        numbers.append(_sum([line.disk and line.disk / GB for line in group]))
        rows.append((id, *numbers))
    return aligned(rows, n_left=1)


def _fastest(timings: Sequence[Timing], gpu: bool) -> Timing | None:
    return min((t for t in timings if t.gpu is gpu), key=lambda t: t.ms, default=None)


def _sum(numbers: Sequence[float | None], form: str = "{:,.1f}") -> str:
    known = sum(number for number in numbers if number is not None)
    return form.format(known) + (" + unknown" if None in numbers else "")


def _by_method(lines: Sequence[PlanLine]) -> str:
    rows = [("dataset", "preset", "method", "members", "jobs", "steps")]
    for line in lines:
        steps = "unknown" if line.steps is None else f"{line.steps:,}"
        names = (line.dataset, line.preset, line.method)
        rows.append((*names, f"{line.members:,}", f"{line.shards:,}", steps))
    members, jobs = (f"{sum(getattr(line, n) for line in lines):,}" for n in ("members", "shards"))
    rows.append(("total", "", "", members, jobs, _sum([line.steps for line in lines], "{:,.0f}")))
    return aligned(rows, n_left=3)


def aligned(rows: Sequence[Sequence[str]], n_left: int) -> str:
    """Rows of text in columns, the first ones to the left and the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if i < n_left else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _counts(lines: Sequence[PlanLine]) -> str:
    trained = [line for line in lines if line.listed]
    results, listed = (sum(getattr(line, n) for line in trained) for n in ("results", "listed"))
    text = f"results of trained methods: {results:,}"
    if listed != results:
        text += f" ({listed:,} with clean annotations counted at each level of noise)"
    return text


def _others(run: Run) -> list[str]:
    """The jobs that train beside the benchmark's members."""
    analyses = [f"{name} of {dataset}" for name, dataset in run.analyses]
    said = {"analyses": analyses, "double perturbations": run.experiments}
    return [f"{kind}, not timed: {', '.join(jobs)}" for kind, jobs in said.items() if jobs]


def _hours(lines: Sequence[PlanLine], timings: Sequence[Timing]) -> list[str]:
    """Expected hours of training on each machine that was measured, and what they leave out."""
    if not timings:
        return [f"expected hours: unknown, no engine-*.json in {TIMINGS}"]
    total = sum(line.work for line in lines if line.work)
    unknown = list(dict.fromkeys(line.dataset for line in lines if line.work is None))
    trained = [line for line in lines if line.members and (line.steps or line.listed)]
    untimed = {line.method for line in trained if line.work == 0 and not line.package_hours}
    left_out = []
    if unknown:
        left_out.append(f"{', '.join(unknown)} (the size is known once the cells are prepared)")
    if untimed:
        left_out.append(f"{', '.join(sorted(untimed))} (not timed)")
    if not total:
        why = f"unknown for {' and '.join(left_out)}" if left_out else "none, nothing is trained"
        return [f"expected hours of training: {why}"]
    without = f", without {' and '.join(left_out)}" if left_out else ""
    hours = ((timing.machine, total * timing.ms / MS_AN_HOUR) for timing in timings)
    packages = sum(line.package_hours for line in lines if line.package_hours)
    estimated = f"expected hours of other packages, an estimate from {TIMINGS.name}/packages-*.json"
    return [
        f"expected hours of training on {machine}: "
        f"{f'{n:,.2f}' if n >= 0.01 else 'less than 0.01'}{without}"
        for machine, n in hours
    ] + ([f"{estimated}: {packages:,.1f} on two CPU cores"] if packages else [])
