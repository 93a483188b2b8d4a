"""Versions of the code behind a result: a hash of the modules that define it, and of packages.

Read when the workflow is parsed, so modules are parsed and never imported. Comments, docstrings
and the format of the code take no part.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from sccbgm.config.run import Benchmark
from sccbgm.io.digests import digest_of

if TYPE_CHECKING:
    from sccbgm.config.analyses import Analysis

PACKAGE = Path(__file__).parents[1]

LAYERS = (
    *("protocol", "nn", "engine", "methods", "data", "synthetic", "metrics", "analyses"),
    "norman",
)
"""The folders of this package that define numbers. Imports of the others are not followed:
configuration takes part by its values, and files, logs and tables change no number."""

DISTRIBUTIONS = {
    "ot": "POT",
    "ott": "ott-jax",
    "scvi": "scvi-tools",
    "sklearn": "scikit-learn",
    "umap": "umap-learn",
}
"""Packages that are installed under another name than they are imported by."""

BENEATH = {
    "biolord": ("lightning", "scvi-tools", "torch"),
    "pertpy": ("jax", "jaxlib", "ott-jax", "scvi-tools"),
    "scanpy": ("igraph", "leidenalg", "scikit-learn", "umap-learn"),
}
"""Packages that compute for a package that this project calls."""

SHARED = ("sccbgm.data.loading", "sccbgm.benchmark.jobs", "sccbgm.benchmark.predictions")
"""Modules that every method's predictions go through besides the method."""


def training(benchmark: Benchmark, method: str) -> str:
    """Version of a method's predictions: its modules, its first stage's, and what they import.

    For a method of the user's: the file, and the modules beside it that it imports. For predictions
    that were made elsewhere also what their file holds.
    """
    code = version(*SHARED, *_stages(benchmark, method))
    given = benchmark.methods[method].source.predictions
    if given is None:
        return code
    return hashlib.blake2b(f"{code} {digest_of(given)}".encode(), digest_size=8).hexdigest()


def _stages(benchmark: Benchmark, method: str | None) -> Iterator[str | Path]:
    """The modules of a method and of its first stage."""
    while method is not None:
        entry = benchmark.methods[method]
        own = entry.source.file
        yield type(entry.method).__module__ if own is None else Path(own)
        method = entry.method.builds_on


def evaluation() -> str:
    """Version of the numbers that are computed of predictions."""
    own = ("sccbgm.benchmark.evaluate", "sccbgm.benchmark.checks")
    return version("sccbgm.metrics.tidy", "sccbgm.data.loading", *own)


def checks(trained: str) -> str:
    """Version of the answers that a method's fits give; trained: `training` of that method."""
    return f"{trained}-{version('sccbgm.benchmark.check_job')}"


def analysis(benchmark: Benchmark, declared: Analysis) -> str:
    """Version of an analysis and of the methods that it trains."""
    trained = (root for method in declared.methods for root in _stages(benchmark, method))
    return version(f"sccbgm.analyses.{declared.function.partition(':')[0]}", *trained)


@cache
def version(*roots: str | Path) -> str:
    """16 hexadecimal digits of some modules (dotted names, or files) and all that they import.

    Of this package the modules in `LAYERS`, of a user's file those beside it, of everything else
    the version that is installed here. Raises ValueError where a file is not Python.
    """
    waiting = [_root(root) for root in roots]
    codes: dict[Path, str] = {}
    packages: set[str] = set()
    while waiting:
        path, home = waiting.pop()
        if path not in codes:
            codes[path], ours, others = _read(path, home)
            waiting.extend((file, home) for file in ours)
            packages.update(others)
    digest = hashlib.blake2b(digest_size=8)
    for code in sorted(codes.values()):
        digest.update(code.encode())
    beneath = (BENEATH.get(name, ()) for name in packages)
    for name in sorted(packages.union(*beneath)):
        digest.update(f"{name}=={_installed(name)}\n".encode())
    return digest.hexdigest()


def _root(root: str | Path) -> tuple[Path, Path]:
    """The file of a module of this package, or a user's file; and the folder it imports from."""
    if isinstance(root, Path):
        return root.resolve(), root.resolve().parent
    path = _file(PACKAGE.joinpath(*root.split(".")[1:]))
    if path is None:
        raise ValueError(f"{root}: there is no such module")
    return path, PACKAGE


@cache
def _read(path: Path, home: Path) -> tuple[str, tuple[Path, ...], tuple[str, ...]]:
    """Hash of a module without its docstrings; files and packages that it imports."""
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except SyntaxError as error:
        raise ValueError(f"{path}: not Python: {error}") from error
    _drop_words(tree)
    files: set[Path] = set()
    packages: set[str] = set()
    for name in _imports(tree.body):
        top, _, rest = name.partition(".")
        if top == "sccbgm":
            if rest.partition(".")[0] in LAYERS:
                files |= _files(PACKAGE, rest)
        elif home != PACKAGE and (beside := _files(path.parent, name) | _files(home, name)):
            files |= beside
        elif top not in sys.stdlib_module_names:
            packages.add(DISTRIBUTIONS.get(top, top))
    code = hashlib.blake2b(ast.dump(tree).encode(), digest_size=16).hexdigest()
    return code, tuple(files), tuple(packages)


def _drop_words(tree: ast.AST) -> None:
    """Take the docstrings and the bare strings that document attributes out of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [part for part in node.body if not _is_words(part)]


def _is_words(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Dotted names that some code imports when it runs; of `from a import b` a.b too."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield from filter(None, (base, *(f"{base}.{a.name}".strip(".") for a in node.names)))
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from _imports(node.orelse)
        else:
            yield from _imports(ast.iter_child_nodes(node))


def _files(folder: Path, name: str) -> set[Path]:
    """The file of a module in a folder, if it is there."""
    path = _file(folder.joinpath(*name.split(".")))
    return set() if path is None else {path}


def _file(stem: Path) -> Path | None:
    for path in (stem.with_name(f"{stem.name}.py"), stem / "__init__.py"):
        if path.is_file():
            return path.resolve()
    return None


@cache
def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
