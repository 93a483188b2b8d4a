"""Who may import whom: every folder is a layer, and imports run one way."""

import ast
from pathlib import Path

import pytest

MAY_IMPORT = {
    "protocol": "",
    "io": "",
    "nn": "protocol",
    "engine": "protocol io nn",
    "methods": "protocol io nn engine",
    "metrics": "protocol",
    "tables": "protocol io metrics methods",
    "figures": "protocol io metrics methods tables",
    "report": "protocol io metrics methods tables",
    "config": "protocol metrics methods tables",
    "synthetic": "protocol config",
    "data": "protocol config io synthetic",
    "norman": "protocol config io data engine methods metrics",
    "benchmark": "protocol config io data synthetic engine methods metrics",
    "analyses": "protocol config io data synthetic engine methods metrics benchmark",
    "api": "protocol config io data nn engine methods metrics",
    "cli": "protocol config io data metrics methods tables benchmark api",
}
NAMES_ALONE = {
    ("cli", "methods"): {"registry"},
    ("cli", "metrics"): {"registry"},
    ("cli", "tables"): {"catalogue"},
    ("config", "methods"): {"registry", "elsewhere", "predicted_cells"},
    ("config", "metrics"): {"registry"},
    ("config", "tables"): {"catalogue", "parameters"},
    ("tables", "methods"): {"registry"},
    ("tables", "metrics"): {"registry"},
    ("figures", "methods"): {"registry"},
    ("figures", "metrics"): {"registry"},
    ("report", "methods"): {"registry"},
    ("report", "metrics"): {"registry"},
}
"""(layer, lower layer) -> its modules that say what there is, which alone are imported."""

LIGHT = ("nn", "engine")
"""Layers that import torch and NumPy alone, for machines without scanpy."""


def imports(path: Path) -> set[str]:
    """Dotted names that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {node.module, *names} if node.module == "sccbgm" else {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_imports_run_one_way(root: Path, layer: str) -> None:
    allowed = {layer, *MAY_IMPORT[layer].split()}
    folder = root / "sccbgm" / layer
    for path in [*folder.rglob("*.py"), *folder.parent.glob(f"{layer}.py")]:
        for name in imports(path):
            parts = name.split(".")
            if parts[0] != "sccbgm" or len(parts) == 1:
                continue
            assert parts[1] in allowed, f"{path} imports {name}"
            only = NAMES_ALONE.get((layer, parts[1]))
            if only is not None:
                assert set(parts[2:3]) <= only, f"{path} imports {name}, not only {only}"


@pytest.mark.parametrize("layer", LIGHT)
def test_the_engine_needs_no_single_cell_packages(root: Path, layer: str) -> None:
    heavy = {"scanpy", "anndata", "pandas", "sklearn", "matplotlib", "scvi"}
    for path in (root / "sccbgm" / layer).rglob("*.py"):
        assert not heavy & {name.split(".")[0] for name in imports(path)}, path


def test_every_folder_is_a_layer_and_nothing_else_is_loose(root: Path) -> None:
    package = root / "sccbgm"
    found = {path.name for path in package.iterdir() if (path / "__init__.py").exists()}
    found |= {path.stem for path in package.glob("*.py")} - {"__init__"}
    assert found <= set(MAY_IMPORT)


def test_no_layer_reaches_itself() -> None:
    edges = {layer: set(lower.split()) for layer, lower in MAY_IMPORT.items()}
    order: list[str] = []
    while edges:
        free = {layer for layer, lower in edges.items() if lower <= set(order)}
        assert free, f"a circle among {sorted(edges)}"
        order += sorted(free)
        edges = {layer: lower for layer, lower in edges.items() if layer not in free}
