"""Entropic optimal transport on ott-jax without a matrix of all pairs.

In double precision, which pertpy switches on for the whole process when it is imported; here it
is asked for where it is needed. Import this module inside a function: it imports JAX.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import tree_util
from ott.geometry.pointcloud import PointCloud
from ott.problems.linear.linear_problem import LinearProblem
from ott.solvers.linear.sinkhorn import Sinkhorn

NOT_RUN = -1
"""The error that ott-jax writes for an iteration that it did not come to."""


@tree_util.register_pytree_node_class
class BlockPointCloud(PointCloud):
    """A point cloud whose cost matrix exists `batch_size` rows at a time.

    ott-jax has the same under that name, but its version 0.6.0 calls a function that JAX has
    removed; the solver above it is used as it is.
    """

    def apply_lse_kernel(
        self, f: jax.Array, g: jax.Array, eps: Any, vec: Any = None, axis: int = 0
    ) -> tuple[jax.Array, jax.Array]:
        r"""Soft minimum of a Sinkhorn step, over the points of x (axis 0) or of y (axis 1).

        \eps \log \sum_i \exp((f_i + g_j - c_{ij}) / \eps) - g_j for each j at axis 0, and with the
        roles of i and j exchanged at axis 1. Shapes: f (n,), g (m,), result (m,) or (n,).
        """
        kept, summed = (self.y, self.x) if axis == 0 else (self.x, self.y)
        own, other = (g, f) if axis == 0 else (f, g)

        def soft_minimum(point_and_potential: tuple[jax.Array, jax.Array]) -> jax.Array:
            point, potential = point_and_potential
            cost = self.cost_fn.all_pairs(point[None], summed)[0]
            return eps * jax.nn.logsumexp((potential + other - cost) / eps)

        result = jax.lax.map(soft_minimum, (kept, own), batch_size=self.batch_size)
        result = result - jnp.where(jnp.isfinite(own), own, 0)
        return result, jnp.ones_like(result)


def solve(
    x: np.ndarray, y: np.ndarray, epsilon: float, threshold: float, block: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Potentials (f, g) of entropic transport between uniform clouds x (n, d) and y (m, d).

    Squared Euclidean cost, absolute `epsilon`, ott-jax's Sinkhorn with its own iteration limit.
    Memory: O(block * max(n, m)). The third value is the L1 error of the marginals at the end,
    which is above `threshold` where the solver did not converge.
    """
    with jax.enable_x64(True):
        geometry = BlockPointCloud(
            jnp.asarray(x, float), jnp.asarray(y, float), epsilon=epsilon, batch_size=block
        )
        solution = jax.jit(Sinkhorn(threshold=threshold))(LinearProblem(geometry))
        errors = np.asarray(solution.errors)
        return np.asarray(solution.f), np.asarray(solution.g), float(errors[errors != NOT_RUN][-1])


def transport_rows(
    x: np.ndarray, y: np.ndarray, f: np.ndarray, g: np.ndarray, epsilon: float
) -> np.ndarray:
    r"""(n, m) rows of the plan, P_{ij} = \exp((f_i + g_j - |x_i - y_j|^2) / \epsilon)."""
    with jax.enable_x64(True):
        geometry = PointCloud(jnp.asarray(x, float), jnp.asarray(y, float), epsilon=epsilon)
        return np.asarray(geometry.transport_from_potentials(jnp.asarray(f), jnp.asarray(g)))
