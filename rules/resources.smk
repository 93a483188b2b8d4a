# What jobs ask of a machine: a GPU, threads, memory. Partitions, accounts and models of GPUs are a
# site's, and stand in its profile.

import re

from sccbgm.benchmark import needs


# Seconds each, which is less than a cluster takes to start a job.
localrules:
    complete,
    costs,
    parameters,
    status,


ANY_GPU = RUNTIME.device != "cpu"


def uses_gpu(methods):
    """Whether a job that trains these methods asks for a GPU."""
    return ANY_GPU and any(METHODS[id].uses_gpu for id in methods)


def on_the(device):
    """The methods that are trained on the "gpu", or on the "cpu"."""
    return [id for id in METHODS if uses_gpu([id]) == (device == "gpu")]


def analyses_on_the(device):
    """The analyses that this run can make, as `on_the`."""
    known = [id for id, analysis in ANALYSES.items() if set(analysis.methods) <= set(METHODS)]
    return [id for id in known if uses_gpu(ANALYSES[id].methods) == (device == "gpu")]


def any_of(ids):
    """Wildcard pattern of some ids; one that nothing matches where there are none."""
    return "|".join(map(re.escape, ids)) or "(?!)"


def growing(mb):
    """The memory that a function of the wildcards says, and half as much more at each attempt."""
    return lambda wildcards, attempt: mb(wildcards) * (1 + attempt) // 2


sampling_memory = growing(lambda wildcards: needs.sampling(dataset(wildcards)))
preprocessing_memory = growing(lambda wildcards: needs.preprocessing(dataset(wildcards)))
training_memory = growing(
    lambda wildcards: needs.training(*study_and_shard(wildcards), uses_gpu([wildcards.method]))
)
components_memory = growing(lambda wildcards: needs.components(dataset(wildcards)))
distances_memory = growing(lambda wildcards: needs.distances(dataset(wildcards)))
evaluation_memory = growing(lambda wildcards: needs.evaluation(*study_and_shard(wildcards)))
analysis_memory = growing(
    lambda wildcards: needs.analysis(
        dataset(wildcards), uses_gpu(ANALYSES[wildcards.analysis].methods)
    )
)


def training_threads(wildcards):
    """Two at least for a package that computes on the CPU alone: PCA, ICA and transport use them."""
    of_package = declared(wildcards).environment and not declared(wildcards).uses_gpu
    return max(RUNTIME.threads, 2 if of_package else 1)
