"""A method as a run uses it: its class, registered or a user's, and what the files change in it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from sccbgm.config.errors import ConfigError, accepted, read_yaml, validate
from sccbgm.methods import registry
from sccbgm.protocol.method import Method

Overrides = Mapping[str, Any]


class MethodConfig(BaseModel):
    """A method file, `config/methods/<id>.yaml`; a registered method needs none.

    file: a Python file with a `Method` subclass of that id, for a method of one's own.
    params: hyperparameters that differ from the method's defaults.
    datasets: dataset id -> hyperparameters that differ on that dataset.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str | None = None
    params: dict[str, Any] = {}
    datasets: dict[str, dict[str, Any]] = {}


@dataclass(frozen=True)
class MethodEntry:
    """A method with its overrides, the later ones stronger:

    preset < params of the run < params of the method file < its dataset's < variant.

    caps: the largest value that a hyperparameter takes, whatever the overrides say.
    """

    method: Method
    source: MethodConfig
    path: str
    run_params: Overrides = field(default_factory=dict)
    variants: Mapping[str, Overrides] = field(default_factory=lambda: {"default": {}})
    caps: Mapping[str, int] = field(default_factory=dict)

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
        variants = variants or {"default": {}}
        self._check(own, name, "params")
        self._check(self.source.params, self.path, "params")
        for dataset, overrides in self.source.datasets.items():
            self._check(overrides, self.path, f"datasets.{dataset}")
        for variant, changed in variants.items():
            if not variant.replace("_", "").isalnum():
                raise ConfigError(
                    f"{name}: variants.{self.method.id}: found {variant!r}; "
                    "expected a name of letters, digits and underscores"
                )
            self._check(changed, name, f"variants.{self.method.id}.{variant}")
        return dataclasses.replace(self, run_params=own, variants=variants, caps=caps or {})

    def params(self, dataset: str, preset: str, variant: str = "default") -> Any:
        """The hyperparameters of one member, an instance of the method's `Params`."""
        overrides = {
            **self.run_params,
            **self.source.params,
            **self.source.datasets.get(dataset, {}),
            **self.variants.get(variant, {}),
        }
        values = dataclasses.asdict(self.method.params(preset)) | dict(overrides)
        values |= {key: min(values[key], cap) for key, cap in self.caps.items() if key in values}
        return validate(self.method.Params, values, self.path, "params")

    def settings(self, dataset: str, preset: str, variant: str = "default") -> dict[str, Any]:
        """`params` as plain JSON values."""
        plain = dataclasses.asdict(self.params(dataset, preset, variant))
        return json.loads(json.dumps(plain))

    def architecture(self, dataset: str, preset: str, variant: str = "default") -> str:
        """The hyperparameters that fix the shapes, as JSON: equal for members of one stack."""
        stackable = {n for n, f in self.fields.items() if f.metadata.get("stackable", False)}
        settings = self.settings(dataset, preset, variant)
        return json.dumps({k: v for k, v in settings.items() if k not in stackable}, sort_keys=True)

    def _check(self, overrides: Overrides, name: str, prefix: str) -> None:
        for key in overrides:
            if key not in self.fields:
                message = accepted(key, self.fields, f"hyperparameter of {self.method.id}")
                raise ConfigError(f"{name}: {prefix}: {message}")
        defaults = dataclasses.asdict(self.method.Params())
        validate(self.method.Params, defaults | dict(overrides), name, prefix)


def registered_fields() -> set[str]:
    """The names of the hyperparameters of all registered methods."""
    params = (registry.get(method_id).Params for method_id in registry.METHODS)
    return {f.name for declared in params for f in dataclasses.fields(declared)}


def load_method(method_id: str, folder: Path, name: str) -> MethodEntry:
    """The user's method where the file `methods/<id>.yaml` names one, else the registered one.

    Raises ConfigError for an unknown id, a missing or faulty file.
    """
    path = folder / "methods" / f"{method_id}.yaml"
    source = MethodConfig()
    if path.exists():
        source = validate(MethodConfig, read_yaml(path), str(path))
    if source.file is not None:
        return MethodEntry(_from_file(method_id, source.file, path), source, str(path))
    try:
        return MethodEntry(registry.get(method_id), source, str(path))
    except KeyError:
        known = sorted({*registry.METHODS, *(file.stem for file in path.parent.glob("*.yaml"))})
        raise ConfigError(f"{name}: methods: {accepted(method_id, known)}") from None


def _from_file(method_id: str, file: str, path: Path) -> Method:
    if not Path(file).exists():
        raise ConfigError(f"{path}: file: found {file!r}, and there is no such file")
    try:
        method = registry.from_file(Path(file))
    except Exception as error:  # whatever the user's code raises
        message = f"{type(error).__name__}: {error}"
        raise ConfigError(f"{path}: file: {file} cannot be used: {message}") from error
    if method.id != method_id:
        raise ConfigError(
            f"{path}: file: found a method with id {method.id!r} in {file}; expected {method_id!r}"
        )
    return method
