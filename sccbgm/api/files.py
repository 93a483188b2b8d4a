"""Saved models: a folder of safetensors and JSON, in which nothing is code.

`model.json` is written last and names every other file with its hash, so that a folder holds the
former model or the new one, and a file of another model is never taken for a part of this one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sccbgm.api.concepts import Concept, Concepts
from sccbgm.api.faults import Fault
from sccbgm.api.model import Model, blank, task_data
from sccbgm.api.reading import Source
from sccbgm.api.space import Space
from sccbgm.api.training import checked_params, default_runtime, make_jobs, stacked
from sccbgm.config.errors import validate
from sccbgm.data.pca import Basis
from sccbgm.io.files import written_whole
from sccbgm.protocol.method import Runtime

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 2


@dataclasses.dataclass(frozen=True)
class StoredFile:
    """A file beside model.json, and the BLAKE2b hash of its bytes."""

    name: str
    blake2b: str


@dataclasses.dataclass(frozen=True)
class StoredStage:
    """A stage: its method, and its weights.

    stacks: which seeds, by their numbers, were trained together; the weights of stack i are the
    tensors "i.NAME", a row a seed. n_condition: width of what a flow is conditioned on.
    """

    method: str
    seeds: tuple[int, ...]
    params: dict[str, Any]
    stacks: tuple[tuple[int, ...], ...]
    n_condition: int
    weights: StoredFile


@dataclasses.dataclass(frozen=True)
class Record:
    """The content of model.json. stages: the first stage first. basis: of components, if any."""

    format: int
    sccbgm: str
    hash: str
    concepts_key: str
    concepts: tuple[Concept, ...]
    rep: str | None
    n_dims: int
    genes: tuple[str, ...]
    decodes: bool
    source: Source
    scale: str
    signed: bool
    basis: StoredFile | None
    history: StoredFile
    stages: tuple[StoredStage, ...]

    @property
    def files(self) -> list[StoredFile]:
        """All files but model.json."""
        weights = [stage.weights for stage in self.stages]
        return [*weights, self.history, *([self.basis] if self.basis else [])]


def save_model(model: Model, folder: Path) -> None:
    """Write a model, in place of one that the folder holds; files of others stay."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.json"
    former = _former(folder)
    space = model.space
    basis = None
    if space.basis is not None:
        arrays = {name: np.ascontiguousarray(array) for name, array in vars(space.basis).items()}
        basis = _keep_tensors(folder, "basis", arrays)
    record = Record(
        FORMAT, version("sccbgm"), model.hash, model.concepts.key, model.concepts.items,
        space.rep, space.n_dims, space.genes, space.decodes, space.source, space.scale,
        space.signed, basis,
        _keep(folder, "history", ".csv", lambda beside: model.history.to_csv(beside, index=False)),
        tuple(_store_stage(stage, folder) for stage in model.stages),
    )  # fmt: skip
    with written_whole(path) as beside:
        text = json.dumps(dataclasses.asdict(record), indent=1) + "\n"
        beside.write_text(text, encoding="utf-8")
    for old in {file.name for file in former} - {file.name for file in record.files}:
        (folder / old).unlink(missing_ok=True)


def load(path: str | Path, runtime: Runtime | None = None) -> Model:
    """The model that `Model.save` wrote into a folder. Nothing in it is run as code.

    Raises Fault, naming the file, where one is missing, damaged or of another model.
    """
    folder, runtime = Path(path).expanduser(), runtime or default_runtime()
    record = read_record(folder)
    for file in record.files:
        _check(folder, file)
    basis = None
    if record.basis is not None:
        arrays = _read_tensors(folder / record.basis.name)
        basis = Basis(arrays["mean"], arrays["components"])
    space = Space(
        record.rep, record.n_dims, record.genes, basis, record.decodes, record.source,
        record.scale, record.signed,
    )  # fmt: skip
    concepts = Concepts(record.concepts_key, record.concepts)
    history = _history(folder / record.history.name)
    model: Model | None = None
    for stage in record.stages:
        model = _load_stage(stage, folder, concepts, space, history, runtime, model)
    if model is None or model.hash != record.hash:
        raise Fault(f"{folder / 'model.json'}: its hash is not that of the model it describes")
    return model


def read_record(folder: Path) -> Record:
    """The content of model.json. Raises Fault where it is not there or not what it must be."""
    path = folder / "model.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Fault(
            f"{path}: {error.strerror}; expected a folder that a model was saved in"
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Fault(f"{path}: not JSON, perhaps cut off: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise Fault(f"{path}: format: found {found!r}; expected {FORMAT}")
    return validate(Record, content, str(path))


def _former(folder: Path) -> list[StoredFile]:
    """Files of the model that the folder holds; none where model.json does not say."""
    try:
        return read_record(folder).files
    except Fault:
        return []


def _store_stage(stage: Model, folder: Path) -> StoredStage:
    fit = stage.fit
    weights = {
        f"{i}.{name}": tensor.cpu().contiguous().numpy()
        for i, (_, network) in enumerate(fit.stacks)
        for name, tensor in network.state_dict().items()
    }
    params = dataclasses.asdict(fit.jobs[0].params)
    stacks = tuple(tuple(numbers) for numbers, _ in fit.stacks)
    file = _keep_tensors(folder, stage.method.id, weights)
    return StoredStage(stage.method.id, stage.seeds, params, stacks, fit.n_condition, file)


def _keep_tensors(folder: Path, stem: str, tensors: dict[str, np.ndarray]) -> StoredFile:
    from safetensors.numpy import save_file

    return _keep(folder, stem, ".safetensors", lambda beside: save_file(tensors, beside))


def _read_tensors(path: Path) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise Fault(f"{path}: found no safetensors ({error}); expected a file of tensors") from None


def _keep(folder: Path, stem: str, suffix: str, write: Callable[[Path], object]) -> StoredFile:
    """A file that is named by its content."""
    beside = folder / f".{stem}.part{suffix}"
    try:
        write(beside)
        digest = _digest(beside)
        name = f"{stem}-{digest[:12]}{suffix}"
        beside.replace(folder / name)
    finally:
        beside.unlink(missing_ok=True)
    return StoredFile(name, digest)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _check(folder: Path, file: StoredFile) -> None:
    path = folder / file.name
    if path.parent != folder or not path.is_file():
        raise Fault(f"{path}: no such file; expected it beside model.json, which names it")
    if (found := _digest(path)) != file.blake2b:
        raise Fault(
            f"{path}: found content with hash {found}; expected {file.blake2b}, as model.json has "
            "it: the file is damaged, cut off, or another model's"
        )


def _history(path: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(path)


def _load_stage(
    stage: StoredStage,
    folder: Path,
    concepts: Concepts,
    space: Space,
    history: pd.DataFrame,
    runtime: Runtime,
    below: Model | None,
) -> Model:
    import torch

    from sccbgm.engine.fit import StackedFit, add_stack

    method = stacked(stage.method)
    params = checked_params(method, stage.params, str(folder / "model.json"))
    none = blank(space, concepts)
    jobs = make_jobs(method, task_data(concepts, none, none, {}), stage.seeds, params)
    path = folder / stage.weights.name
    tensors = {name: torch.from_numpy(array) for name, array in _read_tensors(path).items()}
    fit = StackedFit(method, jobs, below.fit if below else None, runtime)
    fit.n_condition = stage.n_condition
    try:
        for i, numbers in enumerate(stage.stacks):
            own = {n.partition(".")[2]: t for n, t in tensors.items() if n.startswith(f"{i}.")}
            add_stack(fit, list(numbers), own)
    except (RuntimeError, LookupError) as error:  # of weights whose names or shapes are others
        raise Fault(f"{path}: not weights of the model that model.json describes") from error
    return Model(method, concepts, space, fit, history, below)
