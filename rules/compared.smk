# Which files a comparison reads.
from sccbgm.config.comparisons import parse as parse_comparison, pattern


def asked_comparison(kind, id):
    """The comparison of that id, and the study that makes it."""
    study = RUN.studies[owner(f"{kind}s", id)]
    return parse_comparison(id, kind, study.datasets, study.config.metrics), study


def ceilings(kind):
    """Scores of real cells, for a comparison that needs them, one file a block of its dataset."""

    def paths(wildcards):
        asked, study = asked_comparison(kind, wildcards.id)
        found = blocks(study, asked.dataset) if asked.form.ceilings else ()
        return [f"{RESULTS}/tasks/{asked.dataset}/{block}_ceilings.parquet" for block in found]

    return paths


def all_ceilings():
    """The scores of real cells that some table or figure of the run needs."""
    asked = [
        asked_comparison(kind, id)
        for kind in ("table", "figure")
        for id in RUN.outputs(f"{kind}s")
        if is_comparison(id, kind)
    ]
    return sorted(
        {
            f"{RESULTS}/tasks/{comparison.dataset}/{block}_ceilings.parquet"
            for comparison, study in asked
            if comparison.form.ceilings
            for block in blocks(study, comparison.dataset)
        }
    )


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
        found = RUN.blocks(wildcards.dataset)
        return [f"{RESULTS}/tasks/{wildcards.dataset}/{block}{suffix}" for block in found]

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
