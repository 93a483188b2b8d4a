"""The picture of an engine benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def plot(result: dict[str, Any], path: Path) -> None:
    """Milliseconds a member-step against members, with the plain loop and the bound."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(result["networks"]), figsize=(9, 3), sharey=True)
    for axis, (kind, entry) in zip(np.atleast_1d(axes), result["networks"].items(), strict=True):
        members = [int(m) for m in entry["stacks"]]
        timings = [stack["ms_a_member_step"] for stack in entry["stacks"].values()]
        axis.plot(members, timings, "o-", label="stacked engine")
        plainly = min(min(stack["plain_ms_a_step"]) for stack in entry["stacks"].values())
        axis.axhline(plainly, color="grey", ls="--", label="plain loop")
        axis.axhline(entry["bandwidth_bound_ms"], color="black", ls=":", label="bandwidth bound")
        axis.set(xscale="log", yscale="log", title=kind, xlabel="members", xticks=members)
        axis.set_xticklabels([str(m) for m in members])
    np.atleast_1d(axes)[0].set_ylabel("ms a member-step")
    np.atleast_1d(axes)[-1].legend(frameon=False, fontsize=8)
    machine = result["machine"]
    figure.suptitle(f"{machine['gpu'] or machine['cpu']}, {result['precision']}", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=150)
