"""Integration of the flow's equation dx/dt = v(x, t, c), all members and cells together.

Guidance is 1 throughout the benchmark, so the unconditional velocity is never evaluated
(v_0 + 1 (v - v_0) = v). The condition is embedded once, and each time once for all cells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from sccbgm.nn.velocity import VelocityNetwork

Solver = Literal["euler", "midpoint", "rk4"]

CELLS_AT_ONCE = 1024
"""Rows integrated together: enough to fill the hardware, few enough to stay in its caches."""

_STAGE_TIMES: dict[Solver, tuple[float, ...]] = {
    "euler": (0.0,),
    "midpoint": (0.0, 0.5),
    "rk4": (0.0, 0.5, 1.0),
}


@torch.no_grad()
def integrate(
    network: VelocityNetwork,
    x: Tensor,
    condition: Tensor,
    start: float,
    stop: float,
    solver: Solver = "midpoint",
    steps: int = 50,
) -> Tensor:
    """x(stop) from x(start), by equal steps of an explicit Runge-Kutta method.

    x: (M, n, d), condition: (M, n, C). "euler" takes the velocity at the step's first end;
    "midpoint" has order 2 and 2 evaluations a step, "rk4" order 4 and 4.
    """
    return torch.cat(
        [
            _integrate(network, x_part, condition_part, start, stop, solver, steps)
            for x_part, condition_part in zip(
                x.split(CELLS_AT_ONCE, 1), condition.split(CELLS_AT_ONCE, 1), strict=True
            )
        ],
        1,
    )


def _integrate(
    network: VelocityNetwork,
    x: Tensor,
    condition: Tensor,
    start: float,
    stop: float,
    solver: Solver,
    steps: int,
) -> Tensor:
    h = (stop - start) / steps
    embedded = network.condition(condition)
    stages = torch.tensor(_STAGE_TIMES[solver], device=x.device)
    for step in range(steps):
        t = (start + h * (step + stages)).expand(len(x), -1)[..., None]
        times = network.time(t)

        def velocity(at: Tensor, stage: int, times: Tensor = times) -> Tensor:
            return network(at, embedded + times[:, stage : stage + 1])

        x = x + h * _slope(velocity, x, h, solver)
    return x


def _slope(
    velocity: Callable[[Tensor, int], Tensor], x: Tensor, h: float, solver: Solver
) -> Tensor:
    """The mean velocity of one step; `velocity(x, i)` is that at the step's i-th stage time."""
    first = velocity(x, 0)
    if solver == "euler":
        return first
    second = velocity(x + h / 2 * first, 1)
    if solver == "midpoint":
        return second
    third = velocity(x + h / 2 * second, 1)
    fourth = velocity(x + h * third, 2)
    return (first + 2 * second + 2 * third + fourth) / 6


def edit(
    network: VelocityNetwork,
    x: Tensor,
    condition: Tensor,
    edited: Tensor,
    solver: Solver = "midpoint",
    steps: int = 50,
) -> Tensor:
    """Invert under the cell's own condition (t: 1 -> 0), then generate under the edited one."""
    noise = integrate(network, x, condition, 1.0, 0.0, solver, steps)
    return integrate(network, noise, edited, 0.0, 1.0, solver, steps)
