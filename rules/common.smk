# The validated configuration and the names of files. Nothing here reads cells.
import os
from functools import cache

from snakemake.exceptions import WorkflowError

from sccbgm.config.places import config_folders
from sccbgm.config.reading import read_yaml
from sccbgm.config.run import ConfigError, load_config
from sccbgm.io.locks import Locked, take
from sccbgm.benchmark import depends, versions
from sccbgm.benchmark.plan import blocks, expand as expand_shards, with_first_stages


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
    name = ", ".join(os.path.relpath(path) for path in workflow.configfiles) or "config"
    return without_faults(load_config, raw, name)


def lock_results(results):
    """One run at a time in a results folder; the lock of a killed run is void."""
    try:
        return take(f"{results}/.lock")
    except Locked as error:
        raise WorkflowError(f"Another run writes to {results}: {error}")


def is_kind(kind):
    """Wildcard pattern of the datasets whose cells come from a kind of source."""
    ids = [id for id, dataset in BENCHMARK.datasets.items() if dataset.source.kind == kind]
    return "|".join(ids) or "none"


def dataset(wildcards):
    """The dataset file that a rule's wildcards name."""
    return BENCHMARK.datasets[wildcards.dataset]


@cache
def method_versions():
    """Method -> versions of the code behind its numbers, as its rows must have them."""
    methods = {shard.method for shard in EVALUATED}
    return {id: [versions.training(BENCHMARK, id), versions.evaluation()] for id in sorted(methods)}


def shard(wildcards):
    """The shard that a rule's wildcards name."""
    return SHARDS[f"{wildcards.dataset}/{wildcards.preset}/{wildcards.method}/{wildcards.shard}"]


def planned(benchmark):
    """The shards that give rows, and by path all that are trained."""
    evaluated = without_faults(expand_shards, benchmark)
    return evaluated, {shard.path: shard for shard in with_first_stages(evaluated)}


BENCHMARK = validated(config)
RESULTS = BENCHMARK.config.results
EVALUATED, SHARDS = planned(BENCHMARK)
ENV = "../envs/sccbgm.yaml"
RUN_LOCK = []

# Jobs that measure transport would import JAX through POT; they have arrays for it, and no use.
os.environ.setdefault("POT_BACKEND_DISABLE_JAX", "1")


wildcard_constraints:
    dataset="[a-z0-9_]+",
    preset="recommended|reference",
    method="[a-z0-9_]+",
    shard="[a-z0-9_-]+",
    block="block[0-9]+",
