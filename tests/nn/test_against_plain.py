"""Losses, gradients and edits of the stacked networks against single models of the usual form."""

import dataclasses
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from toy import toy_job

from benchmarks import plain, plain_bottleneck
from sccbgm.methods import registry
from sccbgm.nn.batch import Batch
from sccbgm.nn.concept_flow import ConceptFlow
from sccbgm.nn.concept_vae import ConceptVAE, ConceptVAEShape
from sccbgm.nn.conditional_vae import ConditionalVAE
from sccbgm.nn.draws import Draws, key_words
from sccbgm.nn.solvers import edit
from sccbgm.nn.velocity import VelocityNetwork

M, D, K, H, L, Z, U, B = 3, 5, 3, 16, 2, 4, 7, 11
STEP = torch.tensor(3, dtype=torch.int32)
HARD = torch.ones(K, dtype=torch.bool)
DOSE = torch.tensor([True, True, False])
CVAE_NAMES = {f"decoder.{part}": part for part in ("input", "blocks", "output")}
FLOW_NAMES = {"time.hidden": "hidden", "time.output": "time", "time.frequencies": "frequencies"}
IN_CONCEPTFLOW = {f"velocity.{ours}": f"velocity.{name}" for ours, name in FLOW_NAMES.items()}
VAES = {
    "sccbgm": ({}, HARD),
    "sccbgm_ae": ({"variational": False}, HARD),
    "sccbgm of a dose": ({}, DOSE),
    "residual decoder": ({"decoder": "residual"}, HARD),
    "plain decoder": ({"decoder": "no_residual"}, HARD),
    "concepts by cosine": ({"orthogonality": "cosine"}, HARD),
    "plain encoder": ({"encoder_residual": False}, HARD),
    "cbgm": ({"bottleneck": "embeddings", "decoder": "residual", "orthogonality": "cosine",
              "encoder_residual": False}, HARD),
    "cbgm of a dose": ({"bottleneck": "embeddings", "decoder": "no_residual",
                        "orthogonality": "cosine", "encoder_residual": False}, DOSE),
    "embeddings by covariance": ({"bottleneck": "embeddings"}, HARD),
}  # fmt: skip


def generators() -> list[torch.Generator]:
    return [torch.Generator().manual_seed(i) for i in range(M)]


def weights(**values: float) -> dict[str, torch.Tensor]:
    return {name: torch.full((M,), value) for name, value in values.items()}


def concept_vae(options: dict, hard: torch.Tensor) -> tuple[ConceptVAE, nn.Module, dict]:
    terms = weights(beta=1e-5, lambda_concept=0.1, lambda_orthogonality=0.5)
    network = ConceptVAE(ConceptVAEShape(D, H, L, Z, U, **options), hard, terms, generators())
    renamed = {"encoder_residual": "residual"}
    plainly = {renamed.get(name, name): value for name, value in options.items()}
    plainly["embeddings"] = plainly.pop("bottleneck", "concepts") == "embeddings"
    model = plain_bottleneck.ConceptVAE(D, K, H, L, Z, U, soft=int((~hard).sum()), **plainly)
    return network, model, {}


def case(kind: str) -> tuple[nn.Module, nn.Module, dict[str, str]]:
    """The network of M members, the plain model of one, and what it calls our modules."""
    if kind in VAES:
        return concept_vae(*VAES[kind])
    if kind == "cvae":
        network = ConditionalVAE(D, K, H, L, Z, weights(beta=1e-5), generators())
        return network, plain.CVAE(D, K, H, L, Z), CVAE_NAMES
    if kind == "flow":
        return (
            VelocityNetwork(D, K, H, L, 0.0, generators()),
            plain.Flow(D, K, H, L, 0.0),
            FLOW_NAMES,
        )
    terms = weights(lambda_concept=0.1, lambda_orthogonality=0.2, lambda_prior=0.1)
    centre, scale = torch.tensor([0.3, 0.5, 0.1]), torch.tensor([0.4, 0.5, 0.2])
    buffers = terms | {"centre": centre.expand(M, 1, K), "scale": scale.expand(M, 1, K)}
    network = ConceptFlow(D, H, L, Z, U, 0.0, HARD, buffers, generators())
    return network, plain.ConceptFlow(D, K, H, L, Z, U, centre, scale), IN_CONCEPTFLOW


KINDS = [*VAES, "cvae", "flow", "conceptflow"]


def as_plain(values: dict[str, torch.Tensor], renames: dict[str, str]) -> dict[str, torch.Tensor]:
    """Tensors of one member by the names and in the layout of the plain model.

    Its linear weights are (out, in), a block with a skip has one weight for both inputs, and each
    concept with embeddings has layers of its own.
    """
    found = {}
    for name, value in values.items():
        if name.startswith("decoder.skips"):
            continue
        if name.startswith("decoder.blocks") and name.endswith(".linear.weight"):
            skip = name.replace("blocks", "skips").removesuffix(".linear.weight")
            value = torch.cat([value, values[skip]]) if skip in values else value
        for ours, theirs in renames.items():
            if name.startswith(ours):
                name = theirs + name[len(ours) :]
                break
        plainly = name.replace("norm.gain", "norm.weight").replace("norm.shift", "norm.bias")
        if plainly.startswith("bottleneck.contexts"):
            parts = value.T.chunk(K) if name.endswith(".weight") else value.flatten().chunk(K)
            layer, kind = plainly.rsplit(".", 1)
            found |= {f"{layer}.{i}.{kind}": part for i, part in enumerate(parts)}
        elif plainly == "bottleneck.score":
            found |= {
                f"bottleneck.scores.{i}.weight": part[None] for i, part in enumerate(value[0])
            }
        elif plainly == "bottleneck.offset":
            found |= {f"bottleneck.scores.{i}.bias": part[None] for i, part in enumerate(value[0])}
        else:
            found[plainly] = value.T if name.endswith(".weight") else value.flatten()
    return found


def copy_member(network: nn.Module, model: nn.Module, m: int, renames: dict[str, str]) -> None:
    """Weights of member m into the plain model."""
    values = {name: value[m] for name, value in network.state_dict().items()}
    model.load_state_dict(as_plain(values, renames))


def cells(kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    """x (M, B, D) and concepts (M, B, K), a dose between 0 and 1 where there is one."""
    g = torch.Generator().manual_seed(9)
    x = torch.randn(M, B, D, generator=g)
    c = torch.randint(0, 2, (M, B, K), generator=g).float()
    if "dose" in kind:
        c[..., -1] = torch.rand(M, B, generator=g)
    return x, c


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("m", range(M))
def test_loss_and_gradients(kind, m):
    network, model, renames = case(kind)
    copy_member(network, model, m, renames)
    x, c = cells(kind)
    draws = Draws(key_words([5, 6, 7]), STEP)
    flows = kind in ("flow", "conceptflow")
    noise = [draws.normal(B, D if flows else Z)[m]]
    if flows:
        noise.append(draws.uniform(B, 1)[m])

    batch = Batch({"x": x, "concepts": c, "condition": c}, torch.ones(M, B))
    ours = network.loss(batch, Draws(key_words([5, 6, 7]), STEP))["loss"]
    theirs = model.loss(x[m], c[m], *noise)
    torch.testing.assert_close(ours[m], theirs)

    ours.sum().backward()
    theirs.backward()
    gradients = as_plain({n: p.grad[m] for n, p in network.named_parameters()}, renames)
    assert set(gradients) == {name for name, _ in model.named_parameters()}
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(gradients[name], parameter.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("m", range(M))
@torch.no_grad()
def test_edits(kind, m):
    network, model, renames = case(kind)
    copy_member(network, model, m, renames)
    x, c = cells(kind)
    mask, values = torch.tensor([False, True, True]), torch.full((1, B, K), 0.7)
    edited = torch.where(mask, values, c)
    if kind in VAES:
        ours = network.intervene(x, mask, values, None)
        theirs, unedited = (model.edit(x[m], a, values[0]) for a in (mask, mask & False))
    elif kind == "cvae":
        ours = network.intervene(x, c, edited, None)
        theirs, unedited = (model.edit(x[m], c[m], goal[m]) for goal in (edited, c))
    elif kind == "flow":
        ours = edit(network, x, c, edited, "euler", 4)
        theirs, unedited = (plain.euler_edit(model, x[m], c[m], g[m], 4) for g in (edited, c))
    else:
        ours, noise = conceptflow_edit(network, x, mask, values)
        theirs, unedited = (
            model.edit(x[m], a, values[0], noise[m], 4) for a in (mask, mask & False)
        )
    torch.testing.assert_close(ours[m], theirs, rtol=1e-4, atol=1e-5)
    assert (theirs - unedited).abs().max() > 1e-3


def conceptflow_edit(network, x, mask, values):
    """The edit that the method asks of its network, and the noise that it starts from."""
    method, keys = registry.get("conceptflow"), key_words([5, 6, 7])
    params = toy_job("conceptflow", solver="euler", solver_steps=4).params
    question = SimpleNamespace(
        x=x, jobs=range(M), mask=mask, values=values, params=params,
        draws=lambda: Draws(keys, STEP),
    )  # fmt: skip
    return method.predict_cells(network, question), Draws(keys, STEP).normal(B, D)


def test_the_dose_of_cbgm_is_a_probability_and_that_of_sccbgm_is_not():
    """sum_k BCE(p_k, c_k) against BCE for the hard ones and (p - c)^2 for the dose."""
    x, c = cells("dose")
    batch = Batch({"x": x, "concepts": c}, torch.ones(M, B))
    for kind, closed in (("cbgm of a dose", _cross_entropy), ("sccbgm of a dose", _mixed)):
        network = case(kind)[0]
        draws = Draws(key_words([5, 6, 7]), STEP)
        mean, log_var = network.encoder(x)
        z = mean + (0.5 * log_var).exp() * Draws(key_words([5, 6, 7]), STEP).normal(B, Z)
        p = network.bottleneck(z).known.clamp(0, 1)
        expected = closed(p, c).sum(-1).mean(-1)
        torch.testing.assert_close(network.loss(batch, draws)["concept"], expected)


def _cross_entropy(p: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    return -(c * p.log() + (1 - c) * (1 - p).log())


def _mixed(p: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    return torch.where(DOSE, _cross_entropy(p, c), (p - c) ** 2)


def test_padding_changes_no_loss_and_no_gradient():
    x, c = cells("")
    full = Batch({"x": x, "concepts": c, "condition": c}, torch.ones(M, B))
    short = dataclasses.replace(full, weight=(torch.arange(B) < B - 3).float().expand(M, -1))
    wild = {name: value.clone() for name, value in short.fields.items()}
    for value in wild.values():
        value[:, B - 3 :] = 1 - value[:, B - 3 :]
    for kind in ("sccbgm", "cbgm", "cvae", "flow", "conceptflow"):
        network = case(kind)[0]
        found = []
        for batch in (short, Batch(wild, short.weight)):
            loss = network.loss(batch, Draws(key_words([5, 6, 7]), STEP))["loss"].sum()
            found.append((loss, torch.autograd.grad(loss, list(network.parameters()))))
        torch.testing.assert_close(found[0], found[1])
