"""Loss values and gradients of stacked networks against single models written the usual way."""

import pytest
import torch
from torch import nn

from benchmarks import plain
from sccbgm.nn.batch import Batch
from sccbgm.nn.concept_vae import ConceptVAE, ConceptVAEShape
from sccbgm.nn.conditional_vae import ConditionalVAE
from sccbgm.nn.draws import Draws, key_words
from sccbgm.nn.velocity import VelocityNetwork

D, K, H, L, Z, U, B = 5, 3, 16, 2, 4, 6, 11
SCCBGM_NAMES = {
    "bottleneck.concepts": "known", "bottleneck.unknown": "unknown",
    "decoder.concepts": "embed_known", "decoder.unknown": "embed_unknown",
    "decoder.blocks": "blocks", "decoder.output": "output",
}  # fmt: skip
CVAE_NAMES = {f"decoder.{part}": part for part in ("input", "blocks", "output")}
FLOW_NAMES = {"time.hidden": "hidden", "time.output": "time", "time.frequencies": "frequencies"}


def weights(m: int) -> dict[str, torch.Tensor]:
    values = {"beta": 1e-5, "lambda_concept": 0.1, "lambda_orthogonality": 0.5}
    return {name: torch.full((m,), value) for name, value in values.items()}


def as_plain(values: dict[str, torch.Tensor], renames: dict[str, str]) -> dict[str, torch.Tensor]:
    """Tensors of one member by the names and in the layout of the plain model.

    Its linear weights are (out, in), and a block with a skip has one weight for both inputs.
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
        plainly = name.replace("norm.gain", "norm.weight").replace("norm.shift", "norm.bias")
        found[plainly] = value.T if name.endswith(".weight") else value.flatten()
    return found


def copy_member(network: nn.Module, model: nn.Module, m: int, renames: dict[str, str]) -> None:
    """Weights of member m into the plain model."""
    values = {name: value[m] for name, value in network.state_dict().items()}
    model.load_state_dict(as_plain(values, renames))


def cases(m: int):
    generators = [torch.Generator().manual_seed(i) for i in range(m)]
    shape = ConceptVAEShape(D, H, L, Z, U)
    hard = torch.ones(K, dtype=torch.bool)
    vae = ConceptVAE(shape, hard, weights(m), generators)
    cvae = ConditionalVAE(D, K, H, L, Z, {"beta": weights(m)["beta"]}, generators)
    flow = VelocityNetwork(D, K, H, L, 0.0, generators)
    return {
        "sccbgm": (vae, plain.ScCBGM(D, K, H, L, Z, U), SCCBGM_NAMES),
        "cvae": (cvae, plain.CVAE(D, K, H, L, Z), CVAE_NAMES),
        "flow": (flow, plain.Flow(D, K, H, L, 0.0), FLOW_NAMES),
    }


@pytest.mark.parametrize("kind", ["sccbgm", "cvae", "flow"])
@pytest.mark.parametrize("m", [0, 1, 2])
def test_loss_and_gradients(kind, m):
    network, model, renames = cases(3)[kind]
    copy_member(network, model, m, renames)
    g = torch.Generator().manual_seed(9)
    x = torch.randn(3, B, D, generator=g)
    c = torch.randint(0, 2, (3, B, K), generator=g).float()
    keys, step = key_words([5, 6, 7]), torch.tensor(3, dtype=torch.int32)
    draws = Draws(keys, step)
    noise = [draws.normal(B, D if kind == "flow" else Z)[m]]
    if kind == "flow":
        noise.append(draws.uniform(B, 1)[m])

    batch = Batch({"x": x, "concepts": c, "condition": c}, torch.ones(3, B))
    ours = network.loss(batch, Draws(keys, step))["loss"]
    theirs = model.loss(x[m], c[m], *noise)
    torch.testing.assert_close(ours[m], theirs)

    ours.sum().backward()
    theirs.backward()
    gradients = as_plain({n: p.grad[m] for n, p in network.named_parameters()}, renames)
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(gradients[name], parameter.grad, rtol=1e-4, atol=1e-6)
