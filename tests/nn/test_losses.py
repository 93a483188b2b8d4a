"""Loss terms against their definitions, and padding that takes no part."""

import pytest
import torch
from torch.nn import functional

from sccbgm.nn import losses

M, B, PAD = 2, 7, 3


@pytest.fixture
def tensors():
    g = torch.Generator().manual_seed(0)
    x = torch.randn(M, B + PAD, 5, generator=g)
    weight = torch.ones(M, B + PAD)
    weight[:, B:] = 0
    return x, torch.randn(M, B + PAD, 5, generator=g), weight, g


def test_reconstruction_is_the_mean_squared_error(tensors):
    x, y, weight, _ = tensors
    for m, value in enumerate(losses.reconstruction(x, y, weight)):
        torch.testing.assert_close(value, functional.mse_loss(x[m, :B], y[m, :B]))


def test_kl_equals_torch_distributions(tensors):
    mean, log_var, weight, _ = tensors
    posterior = torch.distributions.Normal(mean, (0.5 * log_var).exp())
    exact = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0))
    torch.testing.assert_close(losses.gaussian_kl(mean, log_var, weight), exact[:, :B].mean((1, 2)))


def test_concept_loss_is_k_times_the_mean(tensors):
    logits, _, weight, g = tensors
    p = logits.sigmoid()
    c = torch.randint(0, 2, p.shape, generator=g).float()
    hard, soft = torch.ones(5, dtype=torch.bool), torch.zeros(5, dtype=torch.bool)
    for m in range(M):
        bce = 5 * functional.binary_cross_entropy(p[m, :B], c[m, :B])
        mse = 5 * functional.mse_loss(p[m, :B], c[m, :B])
        torch.testing.assert_close(losses.concept_loss(p, c, hard, weight, "sum")[m], bce)
        torch.testing.assert_close(losses.concept_loss(p, c, soft, weight, "sum")[m], mse)
        torch.testing.assert_close(losses.concept_loss(p, c, soft, weight, "mean")[m], mse / 5)
    mixed = torch.tensor([True, True, False, False, False])
    parts = [
        2 * functional.binary_cross_entropy(p[0, :B, :2], c[0, :B, :2]),
        3 * functional.mse_loss(p[0, :B, 2:], c[0, :B, 2:]),
    ]
    torch.testing.assert_close(losses.concept_loss(p, c, mixed, weight, "sum")[0], sum(parts))


def test_cross_entropy_has_pytorchs_values_and_gradients_at_the_ends():
    p = torch.tensor([0.0, 1e-20, 0.3, 0.7, 1.0, 1.0], requires_grad=True)
    q = p.detach().clone().requires_grad_()
    c = torch.tensor([0.0, 1.0, 0.2, 1.0, 1.0, 0.0])
    ours, theirs = (
        losses.cross_entropy(p, c),
        functional.binary_cross_entropy(q, c, reduction="none"),
    )
    torch.testing.assert_close(ours, theirs)
    ours.sum().backward()
    theirs.sum().backward()
    torch.testing.assert_close(p.grad, q.grad)


def test_missing_annotations_count_nothing(tensors):
    logits, _, weight, g = tensors
    p = logits.sigmoid().requires_grad_()
    c = torch.randint(0, 2, p.shape, generator=g).float()
    hard = torch.ones(5, dtype=torch.bool)
    full = losses.concept_loss(p, c, hard, weight, "sum")
    missing = c.clone()
    missing[..., 4] = float("nan")
    got = losses.concept_loss(p, missing, hard, weight, "sum")
    without = losses.concept_loss(p[..., :4], c[..., :4], hard[:4], weight, "sum")
    torch.testing.assert_close(got, without)
    assert (got < full).all()
    (gradient,) = torch.autograd.grad(got.sum(), p)
    assert torch.isfinite(gradient).all() and (gradient[..., 4] == 0).all()


def test_cross_covariance_is_the_sum_of_squared_covariances(tensors):
    u, c, weight, _ = tensors
    for m, value in enumerate(losses.cross_covariance(u, c, weight)):
        joint = torch.cov(torch.cat([u[m, :B], c[m, :B]], 1).T)
        torch.testing.assert_close(value, joint[:5, 5:].square().sum())


def test_cosine_is_the_mean_absolute_cosine_and_zero_codes_count_nothing(tensors):
    u, c, weight, _ = tensors
    u[:, 0] = 0
    u.requires_grad_()
    got = losses.cosine(u, c, weight)
    expected = functional.cosine_similarity(u[:, 1:B], c[:, 1:B], dim=-1).abs().sum(1) / B
    torch.testing.assert_close(got, expected)
    got.sum().backward()
    assert torch.isfinite(u.grad).all()
