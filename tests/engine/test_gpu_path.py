"""What runs on a GPU, as far as a machine without one can tell.

Streams and graphs are stood in for; test_on_device.py holds the step to its device.
"""

from contextlib import contextmanager, nullcontext
from dataclasses import replace

import pytest
import torch
from engine_toys import trainer
from torch.utils._python_dispatch import TorchDispatchMode
from toy import toy_job

from sccbgm.engine.train import WARM_UP_STEPS
from sccbgm.methods import registry
from sccbgm.nn.draws import Draws, key_words
from sccbgm.protocol.method import Runtime


class Stream:
    """Stands in for a stream of CUDA."""

    def __init__(self, device=None):
        pass

    def wait_stream(self, other):
        pass


@pytest.fixture
def graphs(monkeypatch):
    """Stand-ins for streams and graphs; a list of what happened to the graphs."""
    happened = []

    class Graph:
        def replay(self):
            happened.append("replay")

    @contextmanager
    def graph(captured, stream):
        happened.append("capture")
        yield
        happened.append("captured")

    for name, value in {
        "Stream": Stream,
        "CUDAGraph": Graph,
        "graph": graph,
        "stream": nullcontext,
        "current_stream": Stream,
    }.items():
        monkeypatch.setattr(torch.cuda, name, value)
    return happened


@pytest.mark.parametrize("kind", ["vae", "flow"])
def test_steps_on_a_gpu_are_captured_once_after_eager_ones(graphs, monkeypatch, kind):
    t = trainer([0, 1], [40, 25], kind)
    t._stream = Stream()
    update = t._update
    monkeypatch.setattr(t, "_update", lambda: graphs.append("step") or update())
    monkeypatch.setattr(t, "_shuffle", lambda *arguments: graphs.append("shuffle"))
    t.advance(8)
    eager = graphs[: graphs.index("capture")]
    assert eager.count("step") == WARM_UP_STEPS
    begun, ended = graphs.index("capture"), graphs.index("captured")
    assert graphs[begun:ended] == ["capture", "step"]
    assert graphs.count("capture") == 1
    assert graphs.count("replay") == 8 - WARM_UP_STEPS
    assert graphs.count("shuffle") == sum(
        any(step % length == 0 for length in t.schedule.epoch_lengths) for step in range(8)
    )


def test_what_a_graph_reads_and_writes_stays_where_it_is():
    t = trainer([0, 1], [40, 25])
    t.advance(WARM_UP_STEPS)

    def addresses():
        kept = [t.order, t.step, t.failed_step, t.steps_summed, t.base_lr, t.length, t.epoch_length]
        kept += [
            *t.parameters,
            *t.adam.first,
            *t.adam.second,
            *t.sums.values(),
            *t.store.flat.values(),
        ]
        return [tensor.data_ptr() for tensor in kept]

    before = addresses()
    t.advance(7)
    t.read_losses()
    t.restore(t.state())
    t.advance(2)
    assert addresses() == before


class Recorded(TorchDispatchMode):
    """The types of all that is computed."""

    def __init__(self):
        super().__init__()
        self.types = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            self.types.add(result.dtype)
        return result


def draws() -> Draws:
    return Draws(key_words([3, 2**63 + 5]), torch.tensor(11, dtype=torch.int32))


def test_bits_and_dropout_are_whole_numbers_until_the_last_product():
    """Whole numbers are the same on every device; rounding of sums and functions need not be."""
    with Recorded() as recorded:
        bits = draws().bits(64)
    assert recorded.types == {torch.int32}
    h = torch.ones(2, 64)
    kept = draws().dropout(h, 0.25)
    threshold = -(2**31) + 2**30
    assert torch.equal(kept, torch.where(bits >= threshold, torch.tensor(1 / 0.75), 0.0))


def test_uniform_numbers_are_exact():
    top = (draws().bits(1000).long() & 0xFFFFFFFF) >> 9
    expected = (2 * top.double() + 1) * 2.0**-24
    assert torch.equal(draws().uniform(1000).double(), expected)


@pytest.mark.parametrize(
    ("asked", "preset", "expected"),
    [
        ("fp32", "recommended", "highest"),
        ("bf16", "recommended", "highest"),
        ("tf32", "recommended", "high"),
        ("tf32", "reference", "highest"),
    ],
)
def test_products_are_in_tf32_only_where_asked(monkeypatch, asked, preset, expected):
    seen = set()
    bmm, baddbmm = torch.bmm, torch.baddbmm
    for name, product in {"bmm": bmm, "baddbmm": baddbmm}.items():

        def watched(*arguments, product=product):
            seen.add(torch.get_float32_matmul_precision())
            return product(*arguments)

        monkeypatch.setattr(torch, name, watched)
    job = toy_job("sccbgm", epochs=1)
    job = replace(job, member=replace(job.member, preset=preset))
    fit = registry.get("sccbgm").fit([job], Runtime(device="cpu", precision=asked))
    in_training, _ = set(seen), seen.clear()
    fit.predict("edit")
    assert in_training == seen == {expected}
    assert torch.get_float32_matmul_precision() == "highest"
