"""The skip decoder multiplies in whichever order is cheaper."""

import torch

from sccbgm.nn.decoders import SkipDecoder


def test_the_order_of_products_changes_no_cell_and_no_gradient() -> None:
    generators = [torch.Generator().manual_seed(i) for i in range(2)]
    decoder = SkipDecoder(3, 4, 16, 2, 5, generators)
    random = torch.Generator().manual_seed(9)
    concepts, unknown = (torch.randn(2, 12, n, generator=random) for n in (3, 4))
    # More cells than concepts in one batch, fewer in batches of two
    by_two = zip(concepts.split(2, 1), unknown.split(2, 1), strict=True)
    together = decoder(concepts, unknown)
    apart = torch.cat([decoder(c, u) for c, u in by_two], 1)
    torch.testing.assert_close(together, apart)
    parameters = list(decoder.parameters())
    for one, other in zip(
        torch.autograd.grad(together.square().sum(), parameters),
        torch.autograd.grad(apart.square().sum(), parameters),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
