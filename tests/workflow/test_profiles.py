"""Profiles send every job where its rule's needs are met, by the executors that are installed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from snakemake.cli import get_argument_parser
from workflow_runs import Run, configure

from sccbgm.config.analyses import ANALYSES
from sccbgm.methods import registry

PROFILES = sorted((Path(__file__).parents[2] / "profiles").glob("*/config.yaml"))
CLUSTERS = ["slurm", "lsf"]


def read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.parent.name)
def test_a_profile_names_what_exists(path: Path, root: Path) -> None:
    profile = read(path)
    options = {
        option.removeprefix("--")
        for action in get_argument_parser()._actions
        for option in action.option_strings
    }
    assert set(profile) <= options
    text = "\n".join(file.read_text(encoding="utf-8") for file in (root / "rules").glob("*.smk"))
    rules = set(re.findall(r"^(?:use rule \w+ as|rule) (\w+)", text, flags=re.MULTILINE))
    assert set(profile.get("set-resources", {})) <= rules
    assert set(profile.get("set-threads", {})) <= rules


def jobs_of(output: str) -> list[dict[str, Any]]:
    """The jobs that a dry run prints: rule, wildcards, threads, resources."""
    jobs = []
    for text in re.split(r"^\[.*\d{4}\]\n", output, flags=re.MULTILINE)[1:]:
        if not (rule := re.match(r"(?:local)?rule (\w+):", text)):
            continue
        lines = dict(re.findall(r"^    (\w+): (.*)$", text, flags=re.MULTILINE))
        pairs = {
            key: dict(re.findall(r"(\w+)=(.*?)(?:, (?=\w+=)|$)", lines.get(key, "")))
            for key in ("wildcards", "resources")
        }
        jobs.append({"rule": rule[1], "threads": int(lines.get("threads", 1)), **pairs})
    return jobs


def wants_gpu(job: dict[str, Any]) -> bool:
    """Whether a job trains or asks a method that declares to use a GPU."""
    rule, wildcards = job["rule"].removesuffix("_gpu"), job["wildcards"]
    if rule in ("train", "check"):
        return registry.get(wildcards["method"]).uses_gpu
    if rule == "analysis":
        return any(registry.get(id).uses_gpu for id in ANALYSES[wildcards["analysis"]].methods)
    return rule == "norman_experiment"


def at_the_site(profile: str, resources: dict[str, str]) -> tuple[bool, bool]:
    """Whether a job goes where the GPUs are, and whether it asks for one there."""
    if profile == "lsf":
        return resources["lsf_queue"] == "gpu", "-gpu" in resources.get("lsf_extra", "")
    return resources["slurm_partition"] == "gpu", int(resources.get("gpu", 0)) > 0


def check(profile: str, done: subprocess.CompletedProcess[str], device: str) -> set[str]:
    """Check every job of a dry run; returns the rules that were seen."""
    assert done.returncode == 0, done.stdout
    jobs = jobs_of(done.stdout)
    for job in jobs:
        resources = job["resources"]
        if job["rule"] in ("all", "norman"):
            continue
        gpu = device != "cpu" and wants_gpu(job)
        assert int(resources.get("gpu", 0)) == gpu, job
        assert job["rule"].endswith("_gpu") == gpu, job
        assert int(resources["mem_mb"]) >= 500 and int(resources["runtime"]) >= 5, job
        if profile in CLUSTERS:
            assert at_the_site(profile, resources) == (gpu, gpu), job
    return {job["rule"] for job in jobs}


@pytest.mark.parametrize(
    ("profile", "device"), [("slurm", "auto"), ("lsf", "auto"), ("lsf", "cpu")]
)
def test_every_job_of_a_small_run_goes_where_it_belongs(
    snakemake: Run, workflow: Path, profile: str, device: str
) -> None:
    methods = ["no_edit", "sccbgm", "biolord", "cinema_ot", "scgen"]
    configure(workflow, methods=methods, runtime={"device": device})
    done = snakemake(
        *("-n", "--configfile", "tiny.yaml", "--workflow-profile", f"profiles/{profile}")
    )
    seen = check(profile, done, device)
    assert {"train", "evaluate", "preprocess", "table"} <= seen
    assert ("train_gpu" in seen) == (device != "cpu")


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["default", *CLUSTERS])
@pytest.mark.parametrize("target", ["all", "norman"])
def test_every_job_of_the_paper_goes_where_it_belongs(
    snakemake: Run, profile: str, target: str
) -> None:
    done = snakemake("-n", target, "--workflow-profile", f"profiles/{profile}")
    seen = check(profile, done, "auto")
    expected = {"train", "train_gpu", "analysis", "analysis_gpu", "download"}
    assert (expected if target == "all" else {"norman_experiment_gpu"}) <= seen


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["default", *CLUSTERS])
def test_every_job_of_the_demonstration_goes_where_it_belongs(snakemake: Run, profile: str) -> None:
    settings = ("--configfile", "config/demo.yaml", "--config", "runtime={device: auto}")
    done = snakemake("-n", *settings, "--workflow-profile", f"profiles/{profile}")
    assert {"train", "train_gpu", "metric_figure"} <= check(profile, done, "auto")
