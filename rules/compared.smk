# Which files a comparison reads.
from sccbgm.config.comparisons import parse as parse_comparison, pattern


def asked_comparison(kind, id):
    """The comparison of that id, and the study that makes it."""
    study = RUN.studies[owner(f"{kind}s", id)]
    return parse_comparison(id, kind, study.datasets, study.config.metrics), study


def ceilings(kind):
    """Scores of real cells, for a comparison that needs them, one file a block of its dataset."""

    def needing(wildcards):
        asked, _ = asked_comparison(kind, wildcards.id)
        return [asked.dataset] if asked.form.ceilings else []

    def paths(wildcards):
        asked, study = asked_comparison(kind, wildcards.id)
        if not asked.form.ceilings:
            return []
        wanted = asked.shown(depends.metrics_for(study, asked.dataset))
        if lacking := sorted(wanted - {*RUN.ceilings[asked.dataset]}):
            raise WorkflowError(
                f"{wildcards.id} needs ceilings of {', '.join(lacking)}: name it among the "
                f"{kind}s of the run"
            )
        return files_of_blocks(asked.dataset, "_ceilings.parquet", blocks(study, asked.dataset))

    return once_tasks_are_known(needing, paths)


def files_of_blocks(dataset, suffix, names):
    """A file of each of some blocks of a dataset's tasks."""
    return [f"{RESULTS}/tasks/{dataset}/{block}{suffix}" for block in names]


def all_ceilings(wildcards):
    """The scores of real cells of all datasets that have them."""
    return [
        path
        for dataset, metrics in RUN.ceilings.items()
        if metrics
        for path in files_of_blocks(dataset, "_ceilings.parquet", RUN.blocks(dataset))
    ]


def calibration(kind):
    """Seeds as ensembles, for a comparison that shows them."""

    def paths(wildcards):
        asked, _ = asked_comparison(kind, wildcards.id)
        there = asked.form.calibration
        return [f"{RESULTS}/calibration/{asked.dataset}.parquet"] if there else []

    return paths


def of_blocks(suffix):
    """A file of each block of a dataset's tasks."""

    def paths(wildcards):
        return files_of_blocks(wildcards.dataset, suffix, RUN.blocks(wildcards.dataset))

    return paths


def predicted_of(dataset):
    """The predictions of a dataset by everything that is scored, but for controls."""
    paths = [path for path in SCORED if path.partition("/")[0] == dataset]
    learn = [path for path in paths if not METHODS[RUN.shards[path][1].method].control]
    return [f"{RESULTS}/predictions/{path}.h5ad" for path in learn]


def costs(wildcards):
    """What fitting cost, for a figure that shows it."""
    asked, _ = asked_comparison("figure", wildcards.id)
    return f"{RESULTS}/tables/fits.csv" if asked.form.costs else []
