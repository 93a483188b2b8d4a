"""Solvers against a flow with a known solution, and their order of convergence."""

import pytest
import torch

from sccbgm.engine import memory
from sccbgm.nn import solvers
from sccbgm.nn.velocity import VelocityNetwork


class LinearFlow:
    """dx/dt = -x + c + t, so x(t) = c + t - 1 + (x(0) - c + 1) exp(-t)."""

    def condition(self, c):
        return c

    def time(self, t):
        return t

    def __call__(self, x, context):
        return -x + context

    @staticmethod
    def solution(x_0, c, t):
        return c + t - 1 + (x_0 - c + 1) * torch.exp(-torch.tensor(t))


@pytest.fixture
def problem():
    g = torch.Generator().manual_seed(0)
    x, c = (torch.randn(2, 9, 3, generator=g, dtype=torch.float64) for _ in range(2))
    return x, c


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("midpoint", 2), ("rk4", 4)])
def test_order_of_convergence(problem, solver, order, monkeypatch):
    monkeypatch.setattr(torch, "tensor", _double(torch.tensor))
    x, c = problem
    exact = LinearFlow.solution(x, c, 1.0)
    errors = [
        (solvers.integrate(LinearFlow(), x, c, 0.0, 1.0, solver, n) - exact).abs().max()
        for n in (8, 16)
    ]
    assert abs(torch.log2(errors[0] / errors[1]) - order) < 0.2


def _double(tensor):
    """Stage times in float64, so that the fourth order shows."""
    return lambda values, **options: tensor(values, **({"dtype": torch.float64} | options))


def test_there_and_back_again(problem):
    x, c = problem
    back = solvers.edit(LinearFlow(), x, c, c, "midpoint", 50)
    torch.testing.assert_close(back, x, atol=1e-3, rtol=0)


def test_an_edit_equals_its_closed_form(problem):
    x, c = problem
    edited = c + 1
    noise = (x - c) * torch.exp(torch.tensor(1.0)) - 1 + c
    torch.testing.assert_close(LinearFlow.solution(noise, c, 1.0), x)
    expected = LinearFlow.solution(noise, edited, 1.0)
    got = solvers.edit(LinearFlow(), x, c, edited, "rk4", 20)
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=0)


def test_parts_of_the_cells_equal_the_whole(problem, monkeypatch):
    network = VelocityNetwork(3, 3, 8, 1, 0.0, [torch.Generator().manual_seed(i) for i in (0, 1)])
    x, c = (part.float() for part in problem)
    whole = solvers.integrate(network, x, c, 0.0, 1.0)
    monkeypatch.setattr(solvers, "CELLS_AT_ONCE", 4)
    torch.testing.assert_close(solvers.integrate(network, x, c, 0.0, 1.0), whole)


def test_members_planned_fill_the_free_memory(monkeypatch):
    network = torch.nn.Linear(999, 1000)  # a million weights
    monkeypatch.setattr(memory, "free_bytes", lambda device: 10**9)
    plan = memory.plan_members(torch.device("cpu"), network, 0, cells=10**6)
    assert plan == int(0.7 * 10**9 / (16 * 10**6 + 10**6))
    monkeypatch.setattr(memory, "free_bytes", lambda device: 10)
    assert memory.plan_members(torch.device("cpu"), network, 0, cells=0) == 1
