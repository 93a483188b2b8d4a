"""One set of pins: pyproject.toml, the conda environment and the constraints say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml


def pins(requirements: list[str]) -> dict[str, str]:
    """Package -> version; every requirement must be pinned to one."""
    found = {}
    for requirement in requirements:
        match = re.fullmatch(r"([A-Za-z0-9_.-]+)(\[[a-z,]+\])?==([A-Za-z0-9.]+)", requirement)
        assert match, f"not pinned: {requirement}"
        found[match[1].lower().replace("_", "-")] = match[3]
    return found


def project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


def of_a_run(root: Path) -> dict[str, str]:
    """Pins of the library, the baselines and the workflow."""
    declared = project(root)
    extras = declared["optional-dependencies"]
    return pins([*declared["dependencies"], *extras["baselines"], *extras["workflow"]])


def test_conda_environments_have_the_pins_of_the_project(root: Path) -> None:
    expected = of_a_run(root)
    together: dict[str, str] = {}
    for file in sorted((root / "envs").glob("*.yaml")):
        content = yaml.safe_load(file.read_text())
        [section] = [d for d in content["dependencies"] if isinstance(d, dict)]
        found = pins(section["pip"])
        assert found == {name: expected.get(name) for name in found}, file.name
        assert "python =3.11" in content["dependencies"]
        assert file.with_suffix(".post-deploy.sh").exists(), file.name
        together |= found
    assert together.keys() == expected.keys()


def test_the_environment_of_most_rules_has_no_external_baseline(root: Path) -> None:
    text = (root / "envs/sccbgm.yaml").read_text()
    assert not {"biolord==", "pertpy==", "jax=="} & set(re.findall(r"\w+==", text))


def test_constraints_agree_with_the_project(root: Path) -> None:
    lines = (root / "envs/constraints.txt").read_text().splitlines()
    constraints = pins([line for line in lines if line and not line.startswith("#")])
    declared = pins(project(root)["dependencies"])
    for requirements in project(root)["optional-dependencies"].values():
        declared |= pins(requirements)
    assert {name: constraints.get(name) for name in declared} == declared


def test_every_rule_has_an_environment(root: Path) -> None:
    for file in (root / "rules").glob("*.smk"):
        text = file.read_text()
        found = re.findall(r"\n    conda:\n        (ENV|environment)\n", text)
        assert text.count("\n    script:") == len(found), file.name
