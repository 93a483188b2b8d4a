"""Profiles name rules and options that exist."""

import re
from pathlib import Path

import pytest
import yaml
from snakemake.cli import get_argument_parser

PROFILES = sorted((Path(__file__).parents[2] / "profiles").glob("*/config.yaml"))
OF_PLUGINS = {"slurm-no-requeue"}
"""Options of the executor plugins, which the parser knows where they are installed."""


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.parent.name)
def test_a_profile_names_what_exists(path: Path, root: Path) -> None:
    profile = yaml.safe_load(path.read_text(encoding="utf-8"))
    options = {
        option.removeprefix("--")
        for action in get_argument_parser()._actions
        for option in action.option_strings
    }
    assert set(profile) <= options | OF_PLUGINS
    text = "\n".join(file.read_text(encoding="utf-8") for file in (root / "rules").glob("*.smk"))
    rules = set(re.findall(r"^rule (\w+):", text, flags=re.MULTILINE))
    assert set(profile.get("set-resources", {})) <= rules
    assert set(profile.get("set-threads", {})) <= rules
