# Which analyses there are, and which files they read and show.
from sccbgm.config.analyses import ANALYSES, OUTPUTS, asked_for, find as find_output
from sccbgm.analyses.plan import settings as analysis_settings


def analysed(kind):
    """Wildcard pattern of the ids of tables or figures that an analysis is shown in."""
    ids = [id for id, output in OUTPUTS.items() if output.kind == kind]
    return f"({'|'.join(ids)})(__[a-z0-9_]+)?"


def analysis_cells(wildcards):
    reads = ANALYSES[wildcards.analysis].reads
    if reads == "settings":
        return []
    return raw_cells(wildcards) if reads == "raw" else f"{RESULTS}/data/{wildcards.dataset}.h5ad"


def analysis_files(kind, suffix):
    """Files of the analysis that a table or figure shows, one a dataset."""

    def paths(wildcards):
        asked = find_output(wildcards.id, kind, BENCHMARK.datasets)
        name = asked.output.analysis
        return [f"{RESULTS}/analyses/{name}/{d}.{suffix}" for d in asked.datasets]

    return paths


def analysis_rows():
    """The rows of every analysis that the run asks for."""
    asked = asked_for(BENCHMARK.config.tables, BENCHMARK.config.figures, BENCHMARK.datasets)
    names = dict.fromkeys((one.output.analysis, d) for one in asked for d in one.datasets)
    return [f"{RESULTS}/analyses/{name}/{dataset}.parquet" for name, dataset in names]


PUBLISHED_SETTINGS = [
    str(path)
    for pattern in ("hyperparameters_*.csv", "tasks.csv")
    for path in sorted(Path(of_repository("resources/paper")).glob(pattern))
]
