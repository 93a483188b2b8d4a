"""Synthetic cells with exact counterfactuals, and the held-out questions made from them."""

from sccbgm.synthetic.dataset import make_dataset
from sccbgm.synthetic.generator import SyntheticData, generate
from sccbgm.synthetic.truth import affected_genes, expected_counts, log_rate

__all__ = [
    "SyntheticData",
    "affected_genes",
    "expected_counts",
    "generate",
    "log_rate",
    "make_dataset",
]
