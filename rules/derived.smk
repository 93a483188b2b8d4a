# Tasks that are derived from a dataset's cells (`tasks: {kind: derived}`): listed in a file by a
# checkpoint, after which the run is planned with them.

DERIVED = [id for id, of in RUN.datasets.items() if of.tasks.kind == "derived"]


checkpoint derived_tasks:
    input:
        all_cells,
    output:
        str(derived_file(RESULTS, "{dataset}")),
    log:
        f"{RESULTS}/logs/derived/{{dataset}}.log",
    wildcard_constraints:
        dataset=any_of(DERIVED),
    conda:
        ENV
    resources:
        mem_mb=sampling_memory,
        runtime=60,
    params:
        settings=lambda wildcards: depends.derive_settings(dataset(wildcards)),
        code=lambda wildcards: versions.version("sccbgm.data.derive"),
    script:
        "../workflow_scripts/derive.py"


def derived_list(wildcards):
    """The list of a dataset's tasks, for what depends on which they are."""
    known = wildcards.dataset in DERIVED
    return str(derived_file(RESULTS, wildcards.dataset)) if known else []


def once_tasks_are_known(datasets, files):
    """An input function: the files that `files` names when the tasks of `datasets` are known."""

    def known(wildcards):
        waiting = set(datasets(wildcards)) & set(DERIVED)
        if waiting and not FINISHING:
            for id in sorted(waiting):
                checkpoints.derived_tasks.get(dataset=id)
            plan()
        return there(files(wildcards))

    return known


def predictions_and_rows(paths):
    return [f"{RESULTS}/predictions/{path}.h5ad" for path in paths] + [
        f"{RESULTS}/metrics/{path}.parquet" for path in paths if path in SCORED
    ]


# Each is a target too, so that one that was removed is made again.
LISTED = predictions_and_rows([p for p in SHARDS if p.partition("/")[0] not in DERIVED])
derived_shards = once_tasks_are_known(
    lambda wildcards: DERIVED, lambda wildcards: predictions_and_rows(SHARDS)
)
predictions = once_tasks_are_known(
    lambda wildcards: DERIVED,
    lambda wildcards: [f"{RESULTS}/predictions/{path}.h5ad" for path in SHARDS],
)
rows_of_study = once_tasks_are_known(
    lambda wildcards: RUN.studies[study_id(wildcards)].datasets,
    lambda wildcards: [
        f"{RESULTS}/metrics/{path}.parquet" for path in RUN.scored[study_id(wildcards)]
    ],
)
