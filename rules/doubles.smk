# The experiments on double perturbations, and what their jobs need.
from sccbgm.config.norman import load_norman_config

NORMAN = {
    id: without_faults(
        load_norman_config, path, RUN.first.config.files.get(id), RUN.first.config.scale
    )
    for id, path in NORMAN_FILES.items()
}


def norman_of(kind):
    """Wildcard pattern of the experiments whose cells come from a kind of source."""
    return any_of(id for id, config in NORMAN.items() if config.source.kind == kind)


def norman_memory(wildcards):
    expected = NORMAN[wildcards.experiment].expected
    return needs.double_perturbations(expected.cells, expected.genes, ANY_GPU)
