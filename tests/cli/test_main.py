"""What all commands share: help with an example, exit codes, no traceback, a light start."""

from __future__ import annotations

import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from sccbgm.cli import COMMANDS, command_parser, configs, faults, main, retry
from sccbgm.config.errors import ConfigError


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help_with_an_example_that_parses(name: str, capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0
    said = capsys.readouterr().out
    example = COMMANDS[name].EXAMPLE
    assert example in said
    assert "exit codes:" in said
    words = shlex.split(example)
    end = words.index("--") if "--" in words else len(words)
    assert words[:2] == ["sccbgm", name]
    assert command_parser().parse_args(words[1:end]).command is COMMANDS[name].run


@pytest.mark.parametrize("name", [*faults.WRONG_INPUT, *faults.NOT_POSSIBLE])
def test_the_errors_that_are_told_apart_exist(name: str) -> None:
    module, _, kind = name.rpartition(".")
    error = getattr(import_module(module), kind)
    assert faults.code_of(error.__new__(error)) == (2 if name in faults.WRONG_INPUT else 1)


def test_an_error_of_the_program_keeps_its_traceback() -> None:
    assert faults.code_of(ValueError("said")) is None
    assert faults.code_of(OSError("said")) is None
    with pytest.raises(ZeroDivisionError), faults.said():
        raise ZeroDivisionError


def test_a_file_that_is_not_there_is_named(capsys) -> None:
    with faults.said() as ended:
        Path("nothing.h5ad").read_bytes()
    assert ended.code == 2
    assert capsys.readouterr().err == "nothing.h5ad: No such file or directory\n"


def test_the_start_imports_nothing_heavy() -> None:
    code = (
        "import sys; from sccbgm.cli import command_parser; command_parser().format_help();"
        "print({'numpy', 'pandas', 'torch', 'pydantic', 'anndata', 'yaml'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "set()\n", done.stderr


@pytest.mark.parametrize(
    ("asked", "snakemake", "cores"),
    [
        (None, [], ["--cores", "all"]),
        ("3", ["--workflow-profile", "profiles/slurm"], ["--cores", "3"]),
        (None, ["--workflow-profile", "profiles/slurm"], []),
        (None, ["--executor=slurm"], []),
        (None, ["-j4"], []),
        (None, ["--quiet", "rules"], ["--cores", "all"]),
    ],
)
def test_retry_limits_the_cores_of_this_machine_alone(asked, snakemake, cores) -> None:
    assert retry._cores(asked, snakemake) == cores


def test_changes_of_a_command_line_are_read_as_a_file_is(root) -> None:
    changes = [
        ("params", "{lr: 3e-4, epochs: 1e1}"),
        ("seeds", "[7]"),
        ("runtime", "{threads: 1}"),
    ]
    config = configs.read_run([root / "config/demo.yaml"], changes).first.config
    assert (config.params["lr"], config.params["epochs"], config.seeds) == (3e-4, 10, (7,))
    assert isinstance(config.params["epochs"], int)
    assert config.runtime.threads == 1 and config.params.keys() > {"lr", "epochs"}
    with pytest.raises(ConfigError, match="--config a, line 1: not valid YAML"):
        configs.read_run([root / "config/demo.yaml"], [("a", "[")])


def test_what_follows_two_dashes_is_for_commands_that_start_snakemake(capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["plan", "config/demo.yaml", "--", "all"])
    assert stopped.value.code == 2
    assert "'-- all'; this command does not start Snakemake" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_the_commands(shell: str, capsys) -> None:
    with pytest.raises(SystemExit):
        main(["--print-completion", shell])
    said = capsys.readouterr().out
    assert all(name in said for name in COMMANDS)
