"""What loadings stored in 16 bits would change, beside another order of sums in float32.

    python -m benchmarks.bases --data results/NAME/data/kang_reduced.h5ad \
        --block results/NAME/tasks/kang_reduced/block0 --out benchmarks/results/bases-NAME.json

Coordinates of the intervened and target cells of every task, and distances between the two, each
with the loadings as they are stored, with genes in another order, and with the loadings in 16 bits.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.scale import add
from sccbgm.data.loading import load_tasks
from sccbgm.data.pca import Bases, Basis
from sccbgm.metrics.registry import select
from sccbgm.metrics.samples import Sample
from sccbgm.protocol.task import TaskData

DISTANCES = ("rmmd", "rfid", "rsd")


def variants(basis: Basis, genes: np.ndarray) -> dict[str, np.ndarray]:
    """(n_cells, n_components) coordinates by every way to compute them."""
    order = np.random.default_rng(0).permutation(genes.shape[1])
    turned = Basis(basis.mean[order], basis.components[:, order])
    halved = Basis(basis.mean, basis.components.astype(np.float16).astype(np.float32))
    return {
        "stored": basis.transform(genes),
        "other order": turned.transform(np.ascontiguousarray(genes[:, order])),
        "16 bits": halved.transform(genes),
    }


def changes(data: TaskData, basis: Basis) -> dict[str, dict[str, float]]:
    """Largest relative change of coordinates (of a component's SD) and of each distance."""
    target = next(iter(data.targets))
    assert data.genes is not None
    rows = {"before": data.intervene.rows, "after": data.targets[target].rows}
    both = {side: variants(basis, data.genes(chosen)) for side, chosen in rows.items()}
    spread = np.concatenate([of["stored"] for of in both.values()]).std(axis=0)
    found: dict[str, dict[str, float]] = {}
    for name in ("other order", "16 bits"):
        moved = [np.abs(of[name] - of["stored"]).max(axis=0) / spread for of in both.values()]
        found[name] = {"coordinates": float(np.max(moved))} | relative(both, name)
    return found


def relative(both: Mapping[str, Mapping[str, np.ndarray]], name: str) -> dict[str, float]:
    """Relative change of the distances between both sides."""
    after, before = (
        {of: Sample(both[side][of]) for of in ("stored", name)} for side in ("after", "before")
    )
    moved = {}
    for metric in select(DISTANCES):
        kept, other = (metric.function(after[of], before[of]) for of in ("stored", name))
        moved[metric.id] = abs(other - kept) / abs(kept)
    return moved


def main() -> None:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="clean cells")
    parser.add_argument("--block", type=Path, required=True, help="its tasks, without .json")
    parser.add_argument("--out", type=Path, required=True, help="JSON file, added to")
    arguments = parser.parse_args()
    pca = arguments.block.with_name(f"{arguments.block.name}_pca.h5ad")
    tasks = load_tasks(arguments.data, arguments.block.with_suffix(".json"), pca)
    bases = Bases(pca, list(tasks))
    for id, data in tasks.items():
        basis = bases[id]
        assert basis is not None, "the dataset's models see genes"
        add(arguments.out, {"task": id, **changes(data, basis)})


if __name__ == "__main__":
    main()
