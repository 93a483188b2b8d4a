"""Milliseconds a member-step of the stacked engine, next to a plain loop and the hardware's bound.

Needs torch and numpy alone (matplotlib for --plot):

    python -m benchmarks.engine --out benchmarks/results/engine-NAME.json

Without options it measures everything on the GPU if there is one, else on the CPU.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks import plain, plain_bottleneck
from benchmarks.machine import describe
from benchmarks.plot import plot
from sccbgm.engine.device import keeping_memory
from sccbgm.engine.store import Store
from sccbgm.engine.train import Schedule, Trainer
from sccbgm.nn.concept_vae import ConceptVAE, ConceptVAEShape
from sccbgm.nn.conditional_vae import ConditionalVAE
from sccbgm.nn.layers import Linear
from sccbgm.nn.solvers import edit
from sccbgm.nn.velocity import VelocityNetwork

D, K, WIDTH, DEPTH, LATENT, BATCH, CELLS = 128, 8, 1024, 4, 128, 128, 24_054
NETWORKS = ("sccbgm", "cvae", "flow")
BYTES_A_WEIGHT = 40
"""Bytes that a step must move at least for each weight: the weight read forward and backward, its
gradient written (12 bytes), and Adam's reads of weight, gradient and two moments and writes of
weight and moments (28 bytes)."""


def stacked_network(kind: str, members: int) -> nn.Module:
    """The stacked network of paper size."""
    generators = [torch.Generator().manual_seed(m) for m in range(members)]
    values = {"beta": 1e-5, "lambda_concept": 0.1, "lambda_orthogonality": 0.5}
    weights = {name: torch.full((members,), value) for name, value in values.items()}
    if kind == "sccbgm":
        hard = torch.ones(K, dtype=torch.bool)
        return ConceptVAE(ConceptVAEShape(D, WIDTH, DEPTH, LATENT, 128), hard, weights, generators)
    if kind == "cvae":
        beta = {"beta": weights["beta"]}
        return ConditionalVAE(D, K, WIDTH, DEPTH, LATENT, beta, generators)
    return VelocityNetwork(D, K, WIDTH, DEPTH, 0.1, generators)


def plain_network(kind: str) -> nn.Module:
    """The same network for one model, written the usual way."""
    if kind == "sccbgm":
        return plain_bottleneck.ConceptVAE(D, K, WIDTH, DEPTH, LATENT, 128)
    if kind == "cvae":
        return plain.CVAE(D, K, WIDTH, DEPTH, LATENT)
    return plain.Flow(D, K, WIDTH, DEPTH)


def cells() -> tuple[np.ndarray, np.ndarray]:
    """As many random cells as the Kang data have."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(CELLS, D)).astype(np.float32)
    return x, rng.integers(0, 2, (CELLS, K)).astype(np.float32)


def synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def repeat(step: Callable[[int], object], steps: int, device: torch.device) -> list[float]:
    """Milliseconds a step of three repetitions, after a warm-up."""
    return alternate({"": (step, steps)}, device, 3)[""]


def alternate(
    loops: Mapping[str, tuple[Callable[[int], object], int]], device: torch.device, rounds: int
) -> dict[str, list[float]]:
    """Milliseconds a step of each (loop, steps), one after the other in every round.

    So a machine that is slower for a while is so for all of them.
    """
    timings: dict[str, list[float]] = {name: [] for name in loops}
    for loop, steps in loops.values():
        loop(max(5, steps // 10))
    for _ in range(rounds):
        for name, (loop, steps) in loops.items():
            synchronise(device)
            begun = time.perf_counter()
            loop(steps)
            synchronise(device)
            timings[name].append(1e3 * (time.perf_counter() - begun) / steps)
    return timings


def plain_loop(kind: str, device: torch.device) -> Callable[[int], float]:
    """A loop with DataLoader, torch.optim.Adam as it comes and `.item()` at each step."""
    x, c = (torch.from_numpy(a) for a in cells())
    model = plain_network(kind).to(device)
    adam = torch.optim.Adam(model.parameters(), lr=3e-4)

    def loop(n: int) -> float:
        total, done = 0.0, 0
        while True:
            for batch in DataLoader(TensorDataset(x, c), BATCH, shuffle=True):
                adam.zero_grad()
                loss = model.loss(*(part.to(device) for part in batch))
                loss.backward()
                adam.step()
                total += loss.item()
                done += 1
                if done == n:
                    return total

    return loop


def stacked_trainer(kind: str, members: int, device: torch.device, bf16: bool) -> Trainer:
    """The engine with that many members of paper size."""
    x, c = cells()
    network = stacked_network(kind, members).to(device)
    for layer in network.modules():
        if isinstance(layer, Linear):
            layer.bf16 = bf16
    name = "condition" if kind == "flow" else "concepts"
    store = Store([{"x": x, name: c}] * members, device)
    schedule = Schedule([CELLS] * members, [3e-4] * members, 200, BATCH)
    return Trainer(network, store, schedule, list(range(members)))


def time_stack(
    kind: str, members: int, steps: int, device: torch.device, bf16: bool
) -> dict[str, Any]:
    """Milliseconds a step of the engine and of the plain loop, and the peak of device memory.

    of_plain: a member-step over a step of the plain loop, the median of the rounds.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    trainer = stacked_trainer(kind, members, device, bf16)

    def stacked(n: int) -> None:
        with keeping_memory():
            trainer.advance(n)

    stacked(5)
    peak = torch.cuda.max_memory_allocated() if device.type == "cuda" else None
    loops = {
        "plain": (plain_loop(kind, device), steps),
        "stack": (stacked, max(2, steps // members)),
    }
    timings = alternate(loops, device, 5)
    losses = trainer.read_losses()["loss"]
    if not np.isfinite(losses).all():
        raise RuntimeError(f"{kind}, {members} members: losses {losses}")
    ratios = np.divide(timings["stack"], timings["plain"]) / members
    return {
        "ms_a_step": timings["stack"],
        "plain_ms_a_step": timings["plain"],
        "ms_a_member_step": min(timings["stack"]) / members,
        "of_plain": float(np.median(ratios)),
        "peak_bytes": peak,
    }


def copy_bandwidth(device: torch.device) -> float:
    """Bytes a second that a copy of 256 MiB moves (read and written)."""
    source = torch.ones(2**26, device=device)
    target = torch.empty_like(source)

    def copy(n: int) -> None:
        for _ in range(n):
            target.copy_(source)

    return 2 * source.nbytes / (1e-3 * min(repeat(copy, 20, device)))


def time_edits(device: torch.device, euler_steps: int) -> dict[str, Any]:
    """Seconds to edit 1,000 cells with one flow: solvers here, and the usual Euler loop.

    The Euler loop runs `euler_steps` of its 1,000 steps a way; its time is scaled up.
    """
    x = torch.from_numpy(cells()[0][:1000]).to(device)
    c = torch.from_numpy(cells()[1][:1000]).to(device)
    edited = c.clone()
    edited[:, -1] = 1 - edited[:, -1]
    network = stacked_network("flow", 1).to(device).eval()
    model = plain_network("flow").to(device).eval()
    result: dict[str, Any] = {"cells": 1000, "plain_euler_steps_measured": euler_steps}
    for solver, steps in (("midpoint", 25), ("midpoint", 50), ("rk4", 10), ("euler", 100)):
        timings = repeat(
            lambda n, s=solver, k=steps: [edit(network, x[None], c[None], edited[None], s, k)],
            1,
            device,
        )
        result[f"{solver}-{steps} (s)"] = [1e-3 * t for t in timings]
    synchronise(device)
    begun = time.perf_counter()
    plain.euler_edit(model, x, c, edited, euler_steps)
    synchronise(device)
    result["plain_euler_1000 (s)"] = (time.perf_counter() - begun) * 1000 / euler_steps
    return result


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All timings asked for."""
    device = torch.device(arguments.device)
    torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)
    tf32 = arguments.precision == "tf32"
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    result: dict[str, Any] = {
        "command": " ".join(["python -m benchmarks.engine", *sys.argv[1:]]),
        "machine": describe(arguments.threads),
        "precision": arguments.precision,
        "copy_bytes_a_second": copy_bandwidth(device),
        "networks": {},
    }
    for kind in arguments.networks.split(","):
        weights = sum(p.numel() for p in plain_network(kind).parameters())
        bound = 1e3 * BYTES_A_WEIGHT * weights / result["copy_bytes_a_second"]
        entry = result["networks"][kind] = {
            "weights": weights,
            "bandwidth_bound_ms": bound,
            "stacks": {},
        }
        for members in map(int, arguments.members.split(",")):
            bf16 = arguments.precision == "bf16"
            timed = time_stack(kind, members, arguments.steps, device, bf16)
            entry["stacks"][members] = timed
            log(
                f"{kind}, {members} members: {timed['ms_a_member_step']:.3f} ms a member-step, "
                f"{timed['of_plain']:.3f} of the plain loop; bound {bound:.3f} ms"
            )
    if not arguments.no_edits:
        result["edits"] = time_edits(device, arguments.euler_steps)
    return result


def log(line: str) -> None:
    sys.stderr.write(line + "\n")


def main() -> None:
    """Parse the command line, measure, write."""
    cuda = torch.cuda.is_available()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda" if cuda else "cpu")
    parser.add_argument("--precision", default="tf32" if cuda else "fp32",
                        choices=["fp32", "tf32", "bf16"])  # fmt: skip
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--members", default="1,2,4,8,16,32,64" if cuda else "1,2,4")
    parser.add_argument("--steps", type=int, default=400 if cuda else 30, help="at 1 member")
    parser.add_argument("--euler-steps", type=int, default=1000 if cuda else 20)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--no-edits", action="store_true", help="time the training steps alone")
    parser.add_argument("--out", type=Path, help="JSON file; default: print to the terminal")
    parser.add_argument("--plot", type=Path, help="PNG file")
    arguments = parser.parse_args()
    result = measure(arguments)
    text = json.dumps(result, indent=1)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")
    else:
        sys.stdout.write(text + "\n")
    if arguments.plot:
        plot(result, arguments.plot)


if __name__ == "__main__":
    main()
