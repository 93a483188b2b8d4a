"""What was found when a run was checked, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten

from sccbgm.benchmark.check import Checked, TaskCells
from sccbgm.benchmark.plan_text import aligned

SHOWN = 20


def in_words(id: str, checked: Checked) -> str:
    """A paragraph on a dataset."""
    lines = [f"{id}: {checked.config.title}", *(f"  {fact}" for fact in checked.facts)]
    if checked.concepts:
        lines.append(f"  concepts: {_concepts(checked.concepts)}")
    if checked.tasks:
        n, looked_at = len(checked.config.task_ids), len(checked.tasks)
        some = f", of which {looked_at} were looked at" if looked_at < n else ""
        lines.append(f"  {n:,} task{'s' * (n > 1)}{some}:")
        rows: list[tuple[str, ...]] = [
            ("task", "trained on", "edits", "which are", "towards", "which are", "by setting")
        ]
        rows += [row for task in checked.tasks[:SHOWN] for row in _rows(task)]
        lines += [f"    {line}" for line in aligned(rows, n_left=1).splitlines()]
        if (more := len(checked.tasks) - SHOWN) > 0:
            lines.append(f"    and {more:,} more")
        lines += [f"  note on {t.task.id}: {r}" for t in checked.tasks for r in t.task.remarks]
    return "\n".join(lines)


def _concepts(concepts: Mapping[str, bool]) -> str:
    said = []
    for kind, is_hard in (("0 or 1", True), ("continuous", False)):
        names = [shorten(name, 60) for name, hard in concepts.items() if hard is is_hard]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        said += [f"{len(names)} {kind} ({', '.join(names[:SHOWN])}{more})"] if names else []
    return "; ".join(said)


def _rows(cells: TaskCells) -> list[tuple[str, ...]]:
    task = cells.task
    before = (task.id, f"{cells.train:,}", f"{cells.intervene:,}", shorten(task.intervene, 60))
    rows: list[tuple[str, ...]] = []
    for target in task.targets:
        edits = ", ".join(f"{name} = {value:.3g}" for name, value in target.edits.items())
        label = shorten(" ".join(target.labels), 60)
        rows.append((*before, f"{cells.targets[target.id]:,}", label, edits))
    return rows
