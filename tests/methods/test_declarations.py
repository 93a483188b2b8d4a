"""The methods' declarations of themselves, which rules, tables, figures and pages read."""

import colorsys
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sccbgm.methods import registry

ENVS = Path(__file__).parents[2] / "envs"
METHODS = [registry.get(name) for name in registry.METHODS]
MODELS = [method for method in METHODS if not method.control]


@pytest.mark.parametrize("name", registry.METHODS)
def test_a_method_is_registered_under_its_own_id(name):
    assert registry.get(name).id == name


def test_printed_names_are_told_apart():
    names = [method.mode_title(mode) for method in METHODS for mode in method.modes]
    assert len(set(names)) == len(names)
    for method in METHODS:
        assert set(method.mode_titles) <= set(method.modes), method.id


def test_a_mode_is_named_only_where_there_are_several():
    assert registry.get("sccbgm").mode_title("edit") == "scCBGM"
    assert registry.get("sccbgm_fm").mode_title("decode") == "scCBGM-FM (decode)"
    assert registry.get("biolord_fm").mode_title("decode") == "biolord-FM"
    assert registry.get("vae").mode_title("reconstruct") == "VAE (reconstruct)"


def test_colours_are_distinct_and_no_grey():
    colours = [method.colour for method in MODELS]
    assert all(colour and re.fullmatch("#[0-9A-F]{6}", colour) for colour in colours)
    assert len(set(colours)) == len(colours)
    for colour in colours:
        rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        assert colorsys.rgb_to_hsv(*rgb)[1] > 0.3, f"{colour} is nearly grey"


def test_environments_are_files_of_this_repository():
    named = {method.environment for method in METHODS} - {None}
    assert named == {"biolord", "cinema_ot", "scgen"}
    for name in named:
        assert (ENVS / f"{name}.yaml").is_file()


def test_controls_need_no_gpu_and_no_package():
    for method in METHODS:
        if method.control:
            assert not method.uses_gpu
            assert method.environment is None


def test_declarations_are_read_without_torch_and_scanpy():
    code = (
        "import sys\n"
        "from sccbgm.methods import registry\n"
        "[registry.get(name) for name in registry.METHODS]\n"
        "print(sorted({'torch', 'scanpy', 'scvi', 'jax', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
