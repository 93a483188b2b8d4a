"""PerturbedVAE's mechanism, posterior and loss, against algebra and a plain single model."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch.nn import functional

from sccbgm.engine.store import Store
from sccbgm.nn.alignment import moment_distance, pair_distance
from sccbgm.nn.draws import Draws, key_words
from sccbgm.nn.mechanism import Coefficients, Mechanism
from sccbgm.nn.perturbed_vae import PerturbedVAE, PerturbedVAEShape

SHAPE = PerturbedVAEShape(
    n_features=6, n_labels=2, width=9, depth=2, n_responsive=3, n_background=4
)
PAPER = dataclasses.replace(SHAPE, likelihood="mse", align="pair", reconstruct_partner=False)
WEIGHTS = {"beta_responsive": 0.7, "beta_background": 0.4, "alpha": 3.0, "sparsity": 0.2}


def network(members: int = 1, shape: PerturbedVAEShape = SHAPE) -> PerturbedVAE:
    """Members with weights large enough for the label to matter."""
    generators = [torch.Generator().manual_seed(m) for m in range(members)]
    weights = {name: torch.full((members,), value) for name, value in WEIGHTS.items()}
    weights["n_steps"] = torch.full((members,), 50.0)
    net = PerturbedVAE(shape, weights, torch.ones(members, shape.n_features), generators)
    for part in (net.mechanism.shift, net.mechanism.weights, net.mechanism.background):
        part.layers[-1].weight.data.mul_(10)
    return net


def cells(n: int = 24, seed: int = 0) -> dict[str, np.ndarray]:
    """Cells of two contexts; the first third of each are controls."""
    rng = np.random.default_rng(seed)
    u = np.zeros((n, 2), dtype=np.float32)
    u[n // 3 :, 0] = 1
    u[2 * n // 3 :] = [0, 1]
    context = np.arange(n) % 2
    order = np.lexsort((context, u.any(1)))
    controls = n // 3
    return {
        "x": rng.normal(size=(n, 6)).astype(np.float32),
        "u": u,
        "context": np.eye(2, dtype=np.float32)[context],
        "partner": order,
        "partner_start": context * (controls // 2),
        "partner_count": np.full(n, controls // 2),
    }


def coefficients(seed: int = 0, rows: int = 5) -> Coefficients:
    """Random coefficients of two members."""
    g = torch.Generator().manual_seed(seed)
    return Coefficients(
        torch.randn(2, rows, 3, generator=g),
        torch.randn(2, rows, 3, 3, generator=g).tril(-1),
        torch.randn(2, rows, 3, 4, generator=g),
        torch.randn(2, rows, 3, generator=g),
    )


def test_solve_equals_the_explicit_inverse():
    c = coefficients()
    noise, z_i = torch.randn(2, 5, 3), torch.randn(2, 5, 4)
    right = noise + c.shift + torch.einsum("mbvi,mbi->mbv", c.background, z_i)
    inverse = torch.linalg.inv(torch.eye(3) - c.weights)
    expected = torch.einsum("mbvw,mbw->mbv", inverse, right)
    torch.testing.assert_close(c.solve(noise, z_i), expected, rtol=1e-4, atol=1e-5)


def test_kl_equals_that_of_the_two_gaussians_of_z_v():
    """Closed form of torch.distributions, and a Monte-Carlo estimate, after the affine map."""
    c = coefficients(rows=1)
    mean, log_var, z_i = torch.randn(2, 1, 3), 0.5 * torch.randn(2, 1, 3), torch.randn(2, 1, 4)
    inverse = torch.linalg.inv(torch.eye(3) - c.weights)

    def gaussian(centre: torch.Tensor, variance: torch.Tensor):
        covariance = inverse @ torch.diag_embed(variance) @ inverse.mT
        return torch.distributions.MultivariateNormal(c.solve(centre, z_i), covariance)

    posterior = gaussian(mean, log_var.exp())
    prior = gaussian(torch.zeros_like(mean), c.log_noise.exp())
    exact = torch.distributions.kl_divergence(posterior, prior)
    torch.testing.assert_close(c.kl(mean, log_var), exact, rtol=1e-3, atol=1e-3)
    torch.manual_seed(0)
    z = posterior.sample((40_000,))
    estimate = (posterior.log_prob(z) - prior.log_prob(z)).mean(0)
    torch.testing.assert_close(c.kl(mean, log_var), estimate, rtol=0.05, atol=0.05)


def test_the_background_and_the_decoder_do_not_see_u():
    net = network(2)
    x, u = torch.randn(2, 5, 6), torch.rand(2, 5, 2)
    before, after = net.encode(x, u), net.encode(x, 1 - u)
    assert torch.equal(before.background, after.background)
    assert torch.equal(before.background_log_var, after.background_log_var)
    assert not torch.equal(before.noise, after.noise)
    z_v, z_i = torch.randn(2, 5, 3), torch.randn(2, 5, 4)
    for label in (u, 1 - u):
        c = net.mechanism(label)
        right = z_v - torch.einsum("mbvw,mbw->mbv", c.weights, z_v)
        noise = right - c.shift - torch.einsum("mbvi,mbi->mbv", c.background, z_i)
        expected = net.decoder(torch.cat([z_v, z_i], -1))
        torch.testing.assert_close(net.decode(c, noise, z_i), expected, rtol=1e-4, atol=1e-4)


def test_without_mechanism_the_response_is_its_noise():
    net = network()
    for parameter in net.mechanism.parameters():
        parameter.data.zero_()
    c = net.mechanism(torch.zeros(1, 5, 2))
    noise = torch.randn(1, 5, 3)
    assert torch.equal(c.solve(noise, torch.randn(1, 5, 4)), noise)
    assert not c.log_noise.any()


def test_weights_of_the_mechanism_are_strictly_lower_triangular():
    for form in ("mlp", "linear"):
        mechanism = Mechanism(2, 8, 4, 3, [torch.Generator().manual_seed(0)], form, "fixed")
        c = mechanism(torch.rand(1, 6, 2))
        assert torch.equal(c.weights, c.weights.tril(-1))
        assert (c.weights[..., 1:, 0] != 0).all()
        assert not c.log_noise.any()
        assert c.background.shape == (1, 6, 4, 3)


def test_an_edit_to_the_own_label_changes_nothing():
    net = network(2)
    x, u = torch.randn(2, 7, 6), torch.rand(2, 7, 2)
    assert torch.equal(net.residual_edit(x, u, u), x)
    posterior = net.encode(x, u)
    mean = net.decode(net.mechanism(u), posterior.noise, posterior.background)
    assert torch.equal(net.edit(x, u, u), mean)
    assert (net.residual_edit(x, u, 1 - u) - x).abs().max() > 1e-3


def test_the_abducted_noise_is_rescaled_to_the_goals_variance():
    net = network()
    x, u, goal = torch.randn(1, 4, 6), torch.zeros(1, 4, 2), torch.ones(1, 4, 2)
    posterior, before, after = net.encode(x, u), net.mechanism(u), net.mechanism(goal)
    standard = posterior.noise / before.log_noise.exp().sqrt()
    expected = net.decode(after, standard * after.log_noise.exp().sqrt(), posterior.background)
    torch.testing.assert_close(net.edit(x, u, goal), expected)


def test_pair_distance_counts_pairs_only():
    m, m0 = torch.randn(1, 4, 3), torch.randn(1, 4, 3)
    pairs = torch.tensor([[1.0, 0, 1, 0]])
    expected = ((m[0, 0] - m0[0, 0]).square().sum() + (m[0, 2] - m0[0, 2]).square().sum()) / 2
    torch.testing.assert_close(pair_distance(m, m0, pairs)[0], expected)
    assert pair_distance(m, m0, torch.zeros(1, 4))[0] == 0


def test_moment_distance_equals_numpy_and_skips_small_groups():
    rng = np.random.default_rng(0)
    m, m0 = rng.normal(size=(2, 30, 3)), rng.normal(1, 2, size=(2, 30, 3))
    context = np.repeat([0, 1, 2], [10, 15, 5])
    pairs = np.ones((2, 30))
    pairs[0, 0] = pairs[1, 10] = 0
    group = np.broadcast_to(np.eye(3)[context], (2, 30, 3))
    got = moment_distance(*(torch.tensor(a) for a in (m, m0, pairs, group.copy())))
    for member in range(2):
        total, count = 0.0, 0
        for c in (0, 1):
            rows = (context == c) & (pairs[member] == 1)
            a, b = m[member, rows], m0[member, rows]
            spread = np.cov(a.T) - np.cov(b.T)
            term = ((a.mean(0) - b.mean(0)) ** 2).sum() + (spread**2).sum() / 3
            total, count = total + rows.sum() * term, count + rows.sum()
        assert got[member].item() == pytest.approx(total / count)


def plain_loss(net: PerturbedVAE, batch, partner, draws: Draws, step: int) -> torch.Tensor:
    """The loss of a single model, written out cell by cell with explicit inverses."""
    shape, n = net.shape, batch["x"].shape[1]
    state = {name: value[0] for name, value in net.named_parameters()}

    def mlp(name: str, h: torch.Tensor) -> torch.Tensor:
        last = len(getattr_path(net, name).layers) - 1
        for i in range(last + 1):
            h = h @ state[f"{name}.layers.{i}.weight"] + state[f"{name}.layers.{i}.bias"][0]
            h = functional.leaky_relu(h, 0.2) if i < last else h
        return h

    partners = 2 * n if shape.reconstruct_partner else n
    eps_v, eps_i = draws.normal(partners, 3)[0], draws.normal(2 * n, 4)[0]
    rows = [(batch["x"][0, b], batch["u"][0, b]) for b in range(n)]
    rows += [(partner["x"][0, b], partner["u"][0, b]) for b in range(n)]
    ramp = min(1.0, (step + 1) / (0.2 * 50))
    total, means = torch.tensor(0.0), []
    for b, (x, u) in enumerate(rows):
        h = functional.leaky_relu(mlp("features", x), 0.2)
        m_i, l_i = (h @ state["background.weight"] + state["background.bias"][0]).chunk(2)
        means.append(m_i)
        kl_i = 0.5 * (l_i.exp() + m_i**2 - 1 - l_i).sum()
        total = total + ramp * 0.4 * kl_i / n
        if b >= partners:
            continue
        m_v, l_v = mlp("noise", torch.cat([h, u])).chunk(2)
        edges = torch.zeros(3, 3)
        edges[[1, 2, 2], [0, 0, 1]] = mlp("mechanism.weights", u)
        beta = mlp("mechanism.log_noise", u).exp()
        z_i = m_i + (l_i / 2).exp() * eps_i[b]
        cause = mlp("mechanism.background", u).view(3, 4) @ z_i + mlp("mechanism.shift", u)
        z_v = torch.linalg.inv(torch.eye(3) - edges) @ (m_v + (l_v / 2).exp() * eps_v[b] + cause)
        error = (mlp("decoder", torch.cat([z_v, z_i])) - x) ** 2
        if shape.likelihood == "mse":
            fit = error.mean()
        else:
            s2 = state["log_residual"][0].exp()
            fit = 0.5 * (error / s2 + s2.log()).sum()
        kl_v = 0.5 * ((l_v.exp() + m_v**2) / beta - 1 - (l_v.exp() / beta).log()).sum()
        total = total + (fit + ramp * (0.7 * kl_v + 0.2 * edges.abs().sum())) / n
    cell, other = torch.stack(means[:n]), torch.stack(means[n:])
    chosen = torch.tensor([bool((rows[b][1] != rows[n + b][1]).any()) for b in range(n)])
    if shape.align == "pair":
        distance = (cell - other)[chosen].square().sum() / chosen.sum()
    else:
        a, b0 = cell[chosen], other[chosen]
        spread = torch.cov(a.T) - torch.cov(b0.T)
        distance = (a.mean(0) - b0.mean(0)).square().sum() + spread.square().sum() / 4
    return total + ramp * 3.0 * distance


def getattr_path(module, path: str):
    for name in path.split("."):
        module = getattr(module, name)
    return module


@pytest.mark.parametrize("shape", [SHAPE, PAPER], ids=["robust", "paper"])
@pytest.mark.parametrize("step", [3, 40])
def test_loss_and_gradients_equal_a_plain_single_model(shape, step):
    net = network(1, shape)
    data = cells()
    data["context"] = np.ones((24, 1), dtype=np.float32)
    store = Store([data], "cpu")
    batch = store.gather(torch.arange(24)[None])
    keys, at = key_words([5]), torch.tensor(step, dtype=torch.int32)
    loss = net.loss(batch, Draws(keys, at))["loss"]
    draws = Draws(keys, at)
    partner = net._partners(batch, draws)
    plain = plain_loss(net, batch, partner, draws, step)
    torch.testing.assert_close(loss[0], plain, rtol=1e-4, atol=1e-4)
    parameters = list(net.parameters())
    ours = torch.autograd.grad(loss.sum(), parameters)
    theirs = torch.autograd.grad(plain, parameters)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-3, atol=1e-4)


def test_partners_are_controls_of_the_own_context():
    data = cells(60)
    batch = Store([data], "cpu").gather(torch.arange(60)[None])
    seen = set()
    for step in range(30):
        draws = Draws(key_words([1]), torch.tensor(step, dtype=torch.int32))
        partner = network()._partners(batch, draws)
        assert not partner["u"].any()
        rows = (partner["x"][0][:, None] == batch["x"][0]).all(-1).int().argmax(1)
        assert torch.equal(batch["context"][0][rows], batch["context"][0])
        seen |= set(rows.tolist())
    assert seen == set(range(20)), "every control is drawn"


def test_gradients_of_members_are_independent():
    net = network(3)
    base = [cells(seed=m) for m in range(3)]
    changed = [base[0], {**base[1], "x": base[1]["x"] + 1}, base[2]]
    gradients = []
    for data in (base, changed):
        batch = Store(data, "cpu").gather(torch.arange(24).expand(3, -1))
        draws = Draws(key_words([1, 2, 3]), torch.tensor(4, dtype=torch.int32))
        loss = net.loss(batch, draws)["loss"].sum()
        gradients.append(torch.autograd.grad(loss, list(net.parameters())))
    for before, after in zip(*gradients, strict=True):
        assert torch.equal(before[0], after[0])
        assert torch.equal(before[2], after[2])
    assert any(not torch.equal(b[1], a[1]) for b, a in zip(*gradients, strict=True))


def test_padding_rows_take_no_part():
    net, data = network(), cells()
    draws = [Draws(key_words([1]), torch.tensor(4, dtype=torch.int32)) for _ in range(2)]
    batch = Store([data], "cpu").gather(torch.arange(30)[None])
    other = {**batch.fields, "x": batch["x"].clone()}
    other["x"][:, 24:] = 100.0
    changed = dataclasses.replace(batch, fields=other)
    torch.testing.assert_close(
        net.loss(batch, draws[0])["loss"], net.loss(changed, draws[1])["loss"]
    )


def test_controls_drawn_as_cells_can_be_left_out():
    net = network(1, dataclasses.replace(PAPER, reconstruct_controls=False))
    data = cells()
    draws = Draws(key_words([1]), torch.tensor(4, dtype=torch.int32))
    batch = Store([data], "cpu").gather(torch.arange(8)[None])
    assert net.loss(batch, draws)["reconstruction"][0] == 0, "these eight are all controls"
