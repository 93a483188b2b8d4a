# The validated configuration and the names of files. Nothing here reads cells.
import os
from functools import cache

from snakemake.exceptions import WorkflowError

from sccbgm.config.places import config_folders, named
from sccbgm.config.reading import read_yaml, typed
from sccbgm.config.run import ConfigError
from sccbgm.io.locks import Locked, take
from sccbgm.benchmark import depends, versions
from sccbgm.benchmark.plan import blocks
from sccbgm.benchmark.studies import load_run


def without_faults(function, *arguments):
    """The value a function returns, or its faults as the one message that the run ends with."""
    try:
        return function(*arguments)
    except ConfigError as error:
        raise WorkflowError(f"The configuration has a fault:\n{error}")


def validated(raw):
    """The configuration; its scripts find there where its dataset and method files are."""
    for path in workflow.configfiles:
        without_faults(read_yaml, Path(path))
    raw.setdefault("folders", config_folders(workflow.configfiles, ROOT))
    raw |= without_faults(typed, raw, workflow.config_settings.config, "--config")
    name = ", ".join(os.path.relpath(path) for path in workflow.configfiles) or "config"
    return without_faults(load_run, raw, name)


def lock_results(results):
    """One run at a time in a results folder; the lock of a killed run is void."""
    try:
        return take(f"{results}/.lock")
    except Locked as error:
        raise WorkflowError(f"Another run writes to {results}: {error}")
    except OSError as error:
        raise WorkflowError(f"{results}: cannot be written to: {error.strerror}")


def is_kind(kind):
    """Wildcard pattern of the datasets whose cells come from a kind of source."""
    ids = [id for id, dataset in RUN.datasets.items() if dataset.source.kind == kind]
    return "|".join(ids) or "none"


def dataset(wildcards):
    """The dataset file that a rule's wildcards name."""
    return RUN.datasets[wildcards.dataset]


@cache
def training_version(method):
    """Version of the code behind a method's predictions."""
    study = next(study for study in RUN.studies.values() if method in study.methods)
    return versions.training(study, method)


def method_versions(wildcards):
    """Method -> versions of the code behind its numbers, as the rows of a study must have them."""
    methods = {shard.method for shard in RUN.scored[study_id(wildcards)].values()}
    return {id: [training_version(id), versions.evaluation()] for id in sorted(methods)}


def study_and_shard(wildcards):
    """The shard that a rule's wildcards name, and a study that has it."""
    path = f"{wildcards.dataset}/{wildcards.preset}/{wildcards.method}/{wildcards.shard}"
    return RUN.shards[path]


def study_id(wildcards):
    """The study that a rule's wildcards name, "" in a run of one."""
    return wildcards.get("study", "")


def plan():
    """Set the run, and the paths of all shards: of those that are trained, and scored."""
    global RUN, SHARDS, SCORED
    RUN = validated(config)
    SHARDS = without_faults(lambda: list(RUN.shards))
    SCORED = dict.fromkeys(path for shards in RUN.scored.values() for path in shards)


plan()
RESULTS = RUN.first.config.results
SEVERAL = "" not in RUN.studies
STUDY = "{study}" if SEVERAL else ""
METHODS = {id: method for s in RUN.studies.values() for id, method in s.declared.items()}
RUNTIME = RUN.first.config.runtime
ENV = "../envs/sccbgm.yaml"
NORMAN_FILES = named(RUN.first.config.folders, "norman")
RUN_LOCK = []

# Jobs that measure transport would import JAX through POT; they have arrays for it, and no use.
os.environ.setdefault("POT_BACKEND_DISABLE_JAX", "1")


wildcard_constraints:
    dataset="[a-z0-9_]+",
    preset="recommended|reference",
    method="[a-z0-9_]+",
    shard="[a-z0-9_-]+",
    block="[a-z0-9_]*block[0-9]+",
    study="|".join(RUN.studies),
