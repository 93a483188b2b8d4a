"""Parameter counts of the paper's networks, checked by running the authors' reference code."""

import pytest
import torch

from sccbgm.nn.concept_flow import ConceptFlow
from sccbgm.nn.concept_vae import ConceptVAE, ConceptVAEShape
from sccbgm.nn.conditional_vae import ConditionalVAE
from sccbgm.nn.velocity import VelocityNetwork

SKIP_COUNTS = [
    ({}, 8, 13_292_040),
    ({"variational": False}, 8, 13_160_840),
    ({"decoder": "residual"}, 8, 9_096_712),
    ({"decoder": "no_residual"}, 8, 9_096_712),
    ({"orthogonality": "cosine"}, 8, 13_153_680),
    ({"bottleneck": "embeddings", "decoder": "no_residual"}, 8, 9_251_848),
    ({"bottleneck": "embeddings", "decoder": "residual"}, 8, 9_251_848),
    ({"bottleneck": "embeddings"}, 8, 13_447_176),
    ({}, 94, 13_391_198),
    ({"bottleneck": "embeddings", "decoder": "residual"}, 94, 9_169_076),
]


def count(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(("changes", "n_concepts", "expected"), SKIP_COUNTS)
def test_concept_vae(changes, n_concepts, expected):
    shape = ConceptVAEShape(128, 1024, 4, 128, 128, **changes)
    hard = torch.ones(n_concepts, dtype=torch.bool)
    assert count(ConceptVAE(shape, hard, {}, [torch.Generator()])) == expected


@pytest.mark.parametrize(
    ("n_condition", "expected"),
    [(8, 6_578_304), (136, 6_709_376), (64, 6_635_648), (94, 6_666_368), (222, 6_797_440)],
)
def test_velocity_network(n_condition, expected):
    network = VelocityNetwork(128, n_condition, 1024, 4, 0.1, [torch.Generator()])
    assert count(network) == expected


@pytest.mark.parametrize(("n_concepts", "expected"), [(8, 9_087_360), (94, 9_263_488)])
def test_conditional_vae(n_concepts, expected):
    network = ConditionalVAE(128, n_concepts, 1024, 4, 128, {}, [torch.Generator()])
    assert count(network) == expected


def test_concept_flow():
    hard = torch.ones(8, dtype=torch.bool)
    network = ConceptFlow(128, 1024, 4, 128, 128, 0.1, hard, {}, [torch.Generator()])
    assert count(network) == 18_295_432


def test_gene_space():
    hard = torch.ones(5, dtype=torch.bool)
    sccbgm = ConceptVAEShape(5000, 128, 2, 64, 128)
    assert count(ConceptVAE(sccbgm, hard, {}, [torch.Generator()])) == 1_427_405
    cbgm = ConceptVAEShape(5000, 128, 2, 64, 128, bottleneck="embeddings", decoder="no_residual")
    assert count(ConceptVAE(cbgm, hard, {}, [torch.Generator()])) == 1_425_470
