"""A linear causal mechanism of latent variables whose every coefficient depends on a label u."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from sccbgm.nn.layers import Generators, Linear, uniform

SLOPE = 0.2
"""Of the leaky ReLU for negative inputs."""

LOG_NOISE_LIMIT = 4.0
"""Log-variances of the exogenous noise are clipped to +-4."""


class MLP(nn.Module):
    """Linear layers with leaky ReLU between them.

    widths: n_in, the hidden widths, n_out. gain: factor of the last layer's initial weights.
    """

    def __init__(self, widths: Sequence[int], generators: Generators, gain: float = 1.0) -> None:
        super().__init__()
        pairs = list(pairwise(widths))
        last = uniform(gain / math.sqrt(widths[-2]))
        self.layers = nn.ModuleList(
            [Linear(a, b, generators) for a, b in pairs[:-1]]
            + [Linear(*pairs[-1], generators, weight=last, bias=last)]
        )

    def forward(self, x: Tensor) -> Tensor:
        """(M, B, n_in) -> (M, B, n_out)."""
        for layer in list(self.layers)[:-1]:
            x = functional.leaky_relu(layer(x), SLOPE)
        return self.layers[-1](x)


class Coefficients(NamedTuple):
    """The mechanism under one label a cell: z_v = mu + L_vi z_i + L_vv z_v + e, e ~ N(0, beta).

    shift mu: (M, B, dv). weights L_vv: (M, B, dv, dv), strictly lower triangular. background
    L_vi: (M, B, dv, di). log_noise ln beta: (M, B, dv).
    """

    shift: Tensor
    weights: Tensor
    background: Tensor
    log_noise: Tensor

    def solve(self, noise: Tensor, z_i: Tensor) -> Tensor:
        """z_v (M, B, dv) of (I - L_vv) z_v = e + L_vi z_i + mu, by forward substitution."""
        right = noise + self.shift + (self.background @ z_i[..., None]).squeeze(-1)
        # The diagonal of ones is implied by `unitriangular`; that of -L_vv is not read.
        return torch.linalg.solve_triangular(
            -self.weights, right[..., None], upper=False, unitriangular=True
        ).squeeze(-1)

    def kl(self, mean: Tensor, log_var: Tensor) -> Tensor:
        """KL of e ~ N(m, s^2) from its prior N(0, beta), summed over variables: (M, B).

        1/2 sum_j [(s_j^2 + m_j^2) / beta_j - 1 - ln(s_j^2 / beta_j)]. It is the KL of z_v too:
        posterior and prior share the affine map from e to z_v.
        """
        ratio = log_var - self.log_noise
        entries = ratio.exp() + mean.square() * (-self.log_noise).exp() - 1 - ratio
        return 0.5 * entries.sum(-1)


class Mechanism(nn.Module):
    """mu(u), L_vv(u), L_vi(u) and beta(u), each an MLP of u, or linear in u ("linear").

    The last layers start at a tenth of the usual scale, so the variables start nearly independent
    of u and of each other. noise "fixed": beta = 1.
    """

    def __init__(
        self,
        n_labels: int,
        width: int,
        n_responsive: int,
        n_background: int,
        generators: Generators,
        form: Literal["mlp", "linear"] = "mlp",
        noise: Literal["learned", "fixed"] = "learned",
    ) -> None:
        super().__init__()
        self.sizes = n_responsive, n_background
        hidden = [n_labels, width] if form == "mlp" else [n_labels]

        def function(n_out: int) -> MLP:
            return MLP([*hidden, n_out], generators, gain=0.1)

        self.shift = function(n_responsive)
        self.weights = function(n_responsive * (n_responsive - 1) // 2)
        self.background = function(n_responsive * n_background)
        self.log_noise = function(n_responsive) if noise == "learned" else None

    def forward(self, u: Tensor) -> Coefficients:
        """u (M, B, K) -> coefficients."""
        n, n_background = self.sizes
        row, column = torch.tril_indices(n, n, offset=-1, device=u.device)
        weights = u.new_zeros(*u.shape[:2], n, n)
        weights[..., row, column] = self.weights(u)
        shift = self.shift(u)
        return Coefficients(
            shift,
            weights,
            self.background(u).unflatten(-1, (n, n_background)),
            torch.zeros_like(shift)
            if self.log_noise is None
            else self.log_noise(u).clamp(-LOG_NOISE_LIMIT, LOG_NOISE_LIMIT),
        )
