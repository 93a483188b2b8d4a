"""A method as a run uses it: its class, registered or a user's, and what the files change in it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sccbgm.config.base import Model
from sccbgm.config.errors import ConfigError, Faults, accepted, validate
from sccbgm.config.places import LocalPath, check_h5ad, find, named
from sccbgm.config.reading import read_yaml
from sccbgm.config.user_method import load_user_method
from sccbgm.methods import registry
from sccbgm.methods.elsewhere import of_file
from sccbgm.methods.predicted_cells import ENDINGS
from sccbgm.protocol.method import Method, out_of_range

Overrides = Mapping[str, Any]
_VARIANT = re.compile(r"[A-Za-z0-9_]+")


class MethodConfig(Model):
    """A method file, `config/methods/<id>.yaml`; a registered method needs none."""

    file: LocalPath | None = None
    """A Python file with a `Method` subclass of that id, for a method of your own."""
    predictions: LocalPath | None = None
    """A file of predicted cells that were made elsewhere, which have a row like any method."""
    title: str | None = None
    """Name of these predictions in tables and figures; null for the id."""
    citation: str | None = None
    """Where these predictions are from."""
    params: dict[str, Any] = {}
    """Hyperparameters that differ from the method's defaults."""
    datasets: dict[str, dict[str, Any]] = {}
    """Dataset id -> hyperparameters that differ on that dataset."""


@dataclass(frozen=True)
class MethodEntry:
    """A method with its overrides, the later ones stronger:

    preset < params of the method file < its dataset's < params of the run < variant.

    caps: the largest value that a hyperparameter takes, whatever the overrides say.
    """

    method: Method
    source: MethodConfig
    path: str
    run_params: Overrides = field(default_factory=dict)
    variants: Mapping[str, Overrides] = field(default_factory=lambda: {"default": {}})
    caps: Mapping[str, int] = field(default_factory=dict)
    _known: dict[Any, Any] = field(init=False, default_factory=dict, compare=False, repr=False)

    @property
    def fields(self) -> dict[str, dataclasses.Field[Any]]:
        """The hyperparameters of the method by name."""
        return {f.name: f for f in dataclasses.fields(self.method.Params)}

    def with_overrides(
        self,
        run_params: Overrides,
        variants: Mapping[str, Overrides] | None,
        name: str,
        caps: Mapping[str, int] | None = None,
    ) -> MethodEntry:
        """The method in a run, with everything that can be set for it validated.

        Raises ConfigError naming the file (`name` for the run's own) and the key.
        """
        own = {key: value for key, value in run_params.items() if key in self.fields}
        variants, faults = variants or {"default": {}}, Faults()
        parts: list[tuple[Overrides, str, str]] = [
            (own, name, "params"),
            (self.source.params, self.path, "params"),
        ]
        parts += [(o, self.path, f"datasets.{d}") for d, o in self.source.datasets.items()]
        parts += [(o, name, f"variants.{self.method.id}.{v}") for v, o in variants.items()]
        for overrides, file, key in parts:
            with faults.gather():
                self.check(overrides, file, key)
        for variant in variants:
            if not _VARIANT.fullmatch(variant):
                faults.lines.append(
                    f"{name}: variants.{self.method.id}: found {variant!r}; "
                    "expected a name of letters, digits and underscores"
                )
        faults.stop()
        return dataclasses.replace(self, run_params=own, variants=variants, caps=caps or {})

    def params(self, dataset: str, preset: str, variant: str = "default") -> Any:
        """The hyperparameters of one member, an instance of the method's `Params`."""
        key = dataset, preset, variant
        if key not in self._known:
            self._known[key] = self._validated(*key)
        return self._known[key]

    def _validated(self, dataset: str, preset: str, variant: str) -> Any:
        overrides = {
            **self.source.params,
            **self.source.datasets.get(dataset, {}),
            **self.run_params,
            **self.variants.get(variant, {}),
        }
        values = _values(self.method.params(preset)) | overrides
        values |= {key: min(values[key], cap) for key, cap in self.caps.items() if key in values}
        return validate(self.method.Params, values, self.path, "params")

    def settings(self, dataset: str, preset: str, variant: str = "default") -> dict[str, Any]:
        """`params` as plain JSON values."""
        key = "text", dataset, preset, variant
        if key not in self._known:
            self._known[key] = json.dumps(_values(self.params(dataset, preset, variant)))
        return json.loads(self._known[key])

    def architecture(self, dataset: str, preset: str, variant: str = "default") -> str:
        """The hyperparameters that fix the shapes, as JSON: equal for members of one stack."""
        key = "shapes", dataset, preset, variant
        if key not in self._known:
            settings = self.settings(dataset, preset, variant)
            fixed = {
                k: settings[k] for k, f in self.fields.items() if not f.metadata.get("stackable")
            }
            self._known[key] = json.dumps(fixed, sort_keys=True)
        return self._known[key]

    def check(self, overrides: Overrides, name: str, prefix: str) -> None:
        """Raise ConfigError for hyperparameters that there are not, or cannot have the value."""
        faults, known = Faults(), {k: v for k, v in overrides.items() if k in self.fields}
        for key in (key for key in overrides if key not in known):
            message = accepted(key, self.fields, f"hyperparameter of {self.method.id}")
            faults.lines.append(f"{name}: {prefix}: {message}")
        defaults: Any = self.method.Params()
        with faults.gather():
            validate(self.method.Params, _values(defaults) | known, name, prefix)
        for key, fault in out_of_range(dataclasses.replace(defaults, **known)).items():
            where = f"{name}: {prefix}.{key}: "
            if not any(line.startswith(where) for line in faults.lines):
                faults.lines.append(where + fault)
        faults.stop()


def _values(params: Any) -> dict[str, Any]:
    return {f.name: getattr(params, f.name) for f in dataclasses.fields(params)}


def registered_fields() -> set[str]:
    """The names of the hyperparameters of all registered methods."""
    params = (registry.get(method_id).Params for method_id in registry.METHODS)
    return {f.name for declared in params for f in dataclasses.fields(declared)}


def load_method(method_id: str, folders: Sequence[str | Path], name: str) -> MethodEntry:
    """The user's method where a file `methods/<id>.yaml` names one, else the registered one.

    Raises ConfigError for an unknown id, a missing or faulty file.
    """
    files = named(folders, "methods")
    if method_id not in files:
        if method_id not in registry.METHODS:
            known = accepted(method_id, sorted({*registry.METHODS, *files}))
            raise ConfigError(f"{name}: methods: {known}")
        return MethodEntry(registry.get(method_id), MethodConfig(), f"methods/{method_id}.yaml")
    path = files[method_id]
    source = validate(MethodConfig, read_yaml(path), str(path))
    datasets = named(folders, "datasets") if source.datasets else {}
    unknown = [dataset for dataset in source.datasets if dataset not in datasets]
    if unknown:
        lines = [f"{path}: datasets: {accepted(dataset, datasets)}" for dataset in unknown]
        raise ConfigError("\n".join(lines))
    if source.predictions is not None:
        return _of_elsewhere(method_id, source, source.predictions, path)
    if source.title is not None or source.citation is not None:
        raise ConfigError(f"{path}: title, citation: of `predictions` alone, a method has its own")
    if source.file is not None:
        return _of_user(method_id, source, source.file, path)
    if method_id not in registry.METHODS:
        raise ConfigError(
            f"{path}: file: missing; {method_id!r} is no method of the project, whose methods are "
            f"{', '.join(registry.METHODS)}"
        )
    return MethodEntry(registry.get(method_id), source, str(path))


def _of_elsewhere(method_id: str, source: MethodConfig, given: str, path: Path) -> MethodEntry:
    if method_id in registry.METHODS or source.file is not None:
        raise ConfigError(
            f"{path}: predictions: expected an id of their own, and no `file`; {method_id!r} is "
            "a method"
        )
    try:
        cells = find(given, path)
        if not str(cells).endswith(ENDINGS):
            raise ConfigError(f"found {given!r}; expected a file that ends in {', '.join(ENDINGS)}")
        if cells.suffix == ".h5ad":
            check_h5ad(cells)
    except ConfigError as error:
        raise ConfigError(f"{path}: predictions: {error}") from None
    method = of_file(method_id, cells, source.title, source.citation)
    return MethodEntry(method, source.model_copy(update={"predictions": str(cells)}), str(path))


def _of_user(method_id: str, source: MethodConfig, file: str, path: Path) -> MethodEntry:
    try:
        python = find(file, path)
        method = load_user_method(python)
    except ConfigError as error:
        lines = str(error).splitlines()
        raise ConfigError("\n".join(f"{path}: file: {line}" for line in lines)) from None
    if method.id != method_id:
        raise ConfigError(
            f"{path}: file: found a method with id {method.id!r} in {python}; expected "
            f"{method_id!r}, the name of this file"
        )
    return MethodEntry(method, source.model_copy(update={"file": str(python)}), str(path))
