"""PerturbedVAE: a background code that ignores the perturbation, a response that it causes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from sccbgm.nn.alignment import moment_distance, pair_distance
from sccbgm.nn.batch import Batch
from sccbgm.nn.draws import Draws
from sccbgm.nn.encoders import sample
from sccbgm.nn.layers import Generators, Linear
from sccbgm.nn.losses import row_mean
from sccbgm.nn.mechanism import MLP, SLOPE, Coefficients, Mechanism

LOG_VAR_RANGE = (-8.0, 4.0)
"""Posterior log-variances are clipped to this range."""

LOG_RESIDUAL_RANGE = (-8.0, 8.0)
"""So are the log-variances of the features around their reconstruction."""

RAMP = 0.2
"""Share of the training in which the weights of KL and alignment rise from 0 to their values."""


@dataclass(frozen=True)
class PerturbedVAEShape:
    """The sizes and options that fix the weights' shapes and the form of the loss.

    n_responsive, n_background: sizes of z_v and z_i. likelihood "gaussian": features have a
    learned variance each; "mse": mean squared error. align: whether cells and control partners
    are compared one by one or by mean and covariance. reconstruct_partner: the partner takes part
    in reconstruction and in the KL of z_v. reconstruct_controls: so do controls drawn as cells.
    """

    n_features: int
    n_labels: int
    width: int
    depth: int
    n_responsive: int
    n_background: int
    likelihood: Literal["gaussian", "mse"] = "gaussian"
    align: Literal["pair", "moment"] = "moment"
    reconstruct_partner: bool = True
    reconstruct_controls: bool = True
    u_net: Literal["mlp", "linear"] = "mlp"
    noise: Literal["learned", "fixed"] = "learned"


class Posterior(NamedTuple):
    """Means and log-variances of the noise e (M, B, dv) and of the background z_i (M, B, di)."""

    noise: Tensor
    noise_log_var: Tensor
    background: Tensor
    background_log_var: Tensor


class PerturbedVAE(nn.Module):
    """L = Rec + w(t) [b_v KL_v + b_i KL_i + alpha Align + lambda |L_vv|_1].

    Fields of a batch: x, u (labels, 0 for a control), context (one-hot); `partner` lists the rows
    of possible partners, those of a cell being entries partner_start, and partner_count in all.
    `weights` holds the (M,) tensors beta_responsive, beta_background, alpha, sparsity and
    n_steps, the length of the training.
    """

    beta_responsive: Tensor
    beta_background: Tensor
    alpha: Tensor
    sparsity: Tensor
    n_steps: Tensor

    def __init__(
        self,
        shape: PerturbedVAEShape,
        weights: Mapping[str, Tensor],
        variance: Tensor,
        generators: Generators,
    ) -> None:
        """variance: (M, d) of the training cells, where the learned variances start."""
        super().__init__()
        self.shape = shape
        for name, value in weights.items():
            self.register_buffer(name, value, persistent=False)
        width, hidden = shape.width, [shape.width] * shape.depth
        n_v, n_i = shape.n_responsive, shape.n_background
        self.features = MLP([shape.n_features, *hidden], generators)
        self.background = Linear(width, 2 * n_i, generators)
        self.noise = MLP([width + shape.n_labels, width, 2 * n_v], generators)
        self.mechanism = Mechanism(
            shape.n_labels, width, n_v, n_i, generators, shape.u_net, shape.noise
        )
        self.decoder = MLP([n_v + n_i, *hidden, shape.n_features], generators)
        if shape.likelihood == "gaussian":
            start = variance.clamp(min=1e-6).log()[:, None]
            self.log_residual = nn.Parameter(start.clamp(*LOG_RESIDUAL_RANGE))

    def encode(self, x: Tensor, u: Tensor) -> Posterior:
        """Posterior of cells x (M, B, d) with labels u (M, B, K); z_i does not see u."""
        h = functional.leaky_relu(self.features(x), SLOPE)
        background, background_log_var = self.background(h).chunk(2, -1)
        noise, noise_log_var = self.noise(torch.cat([h, u], -1)).chunk(2, -1)
        return Posterior(
            noise,
            noise_log_var.clamp(*LOG_VAR_RANGE),
            background,
            background_log_var.clamp(*LOG_VAR_RANGE),
        )

    def decode(self, mechanism: Coefficients, noise: Tensor, z_i: Tensor) -> Tensor:
        """Cells (M, B, d) of noise e and background z_i; u enters through the mechanism alone."""
        return self.decoder(torch.cat([mechanism.solve(noise, z_i), z_i], -1))

    def edit(self, x: Tensor, u: Tensor, goal: Tensor) -> Tensor:
        """Abduct e and z_i from x under u, keep e / sqrt(beta) and z_i, decode under the goal."""
        posterior = self.encode(x, u)
        before, after = self.mechanism(u), self.mechanism(goal)
        noise = posterior.noise * (0.5 * (after.log_noise - before.log_noise)).exp()
        return self.decode(after, noise, posterior.background)

    def residual_edit(self, x: Tensor, u: Tensor, goal: Tensor) -> Tensor:
        """x + edit(x, u, goal) - edit(x, u, u): what the model does not explain stays."""
        return x + (self.edit(x, u, goal) - self.edit(x, u, u))

    def generate(self, x: Tensor, goal: Tensor, eps_v: Tensor, eps_i: Tensor) -> Tensor:
        """Cells with the background of x, z_i from its posterior and e from its prior at the goal.

        eps_v (M, B, dv), eps_i (M, B, di): standard normal numbers.
        """
        posterior, mechanism = self.encode(x, goal), self.mechanism(goal)
        z_i = posterior.background + (0.5 * posterior.background_log_var).exp() * eps_i
        return self.decode(mechanism, (0.5 * mechanism.log_noise).exp() * eps_v, z_i)

    def loss(self, batch: Batch, draws: Draws) -> dict[str, Tensor]:
        """The terms and their weighted sum "loss", each (M,).

        A term over cells is the mean over the batch, plus the mean over the partners where they
        take part; KL terms are sums over variables.
        """
        n, weight = batch.weight.shape[1], batch.weight
        partner = self._partners(batch, draws)
        x, u = (torch.cat([batch[name], partner[name]], 1) for name in ("x", "u"))
        posterior = self.encode(x, u)
        seen = 2 * n if self.shape.reconstruct_partner else n
        mechanism = self.mechanism(u[:, :seen])
        noise = sample(posterior.noise[:, :seen], posterior.noise_log_var[:, :seen], draws)
        z_i = sample(posterior.background, posterior.background_log_var, draws)
        error = (self.decode(mechanism, noise, z_i[:, :seen]) - x[:, :seen]).square()
        kl_v = mechanism.kl(posterior.noise[:, :seen], posterior.noise_log_var[:, :seen])
        rows = weight if self.shape.reconstruct_controls else weight * _any(batch["u"] != 0)
        terms = {
            "reconstruction": _halves(self._negative_log_likelihood(error), rows, weight),
            "kl_responsive": _halves(kl_v, rows, weight),
            "kl_background": _halves(_standard_kl(posterior), weight, weight),
            "alignment": self._alignment(posterior.background, batch, partner),
            "edges": _halves(mechanism.weights.abs().sum((-1, -2)), rows, weight),
        }
        ramp = ((draws.step.float() + 1) / (RAMP * self.n_steps)).clamp(max=1.0)
        penalties = (
            self.beta_responsive * terms["kl_responsive"]
            + self.beta_background * terms["kl_background"]
            + self.alpha * terms["alignment"]
            + self.sparsity * terms["edges"]
        )
        return {"loss": terms["reconstruction"] + ramp * penalties, **terms}

    def _partners(self, batch: Batch, draws: Draws) -> Mapping[str, Tensor]:
        """A partner for every cell, drawn uniformly from the cell's own candidates."""
        start, count = batch["partner_start"], batch["partner_count"]
        entry = start + (draws.uniform(start.shape[1]) * count).long()
        return batch.others(batch.others(entry, "partner")["partner"], "x", "u")

    def _negative_log_likelihood(self, error: Tensor) -> Tensor:
        """(M, B): 1/2 sum_g [(x_g - x^_g)^2 / s_g^2 + ln s_g^2], or the mean squared error."""
        if self.shape.likelihood == "mse":
            return error.mean(-1)
        log_residual = self.log_residual.clamp(*LOG_RESIDUAL_RANGE)
        return 0.5 * (error * (-log_residual).exp() + log_residual).sum(-1)

    def _alignment(self, mean: Tensor, batch: Batch, partner: Mapping[str, Tensor]) -> Tensor:
        cell, other = mean.chunk(2, 1)
        pairs = batch.weight * _any(batch["u"] != partner["u"])
        if self.shape.align == "pair":
            return pair_distance(cell, other, pairs)
        return moment_distance(cell, other, pairs, batch["context"])


def _standard_kl(posterior: Posterior) -> Tensor:
    """KL of z_i from N(0, I), summed over variables: (M, B)."""
    mean, log_var = posterior.background, posterior.background_log_var
    return 0.5 * (log_var.exp() + mean.square() - 1 - log_var).sum(-1)


def _any(different: Tensor) -> Tensor:
    return different.any(-1).float()


def _halves(values: Tensor, rows: Tensor, partner_rows: Tensor) -> Tensor:
    """Mean over the cells plus, where `values` has them, mean over the partners: (M,)."""
    n = rows.shape[1]
    total = (values[:, :n] * rows).sum(1) / rows.sum(1).clamp(min=1)
    return total if values.shape[1] == n else total + row_mean(values[:, n:], partner_rows)
