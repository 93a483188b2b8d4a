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


def costs(wildcards):
    """What fitting cost, for a figure that shows it."""
    asked, _ = asked_comparison("figure", wildcards.id)
    return f"{RESULTS}/tables/fits.csv" if asked.form.costs else []
