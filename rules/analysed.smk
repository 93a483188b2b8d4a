# Which analyses there are, and which files they read and show.
from sccbgm.config.analyses import ANALYSES, OUTPUTS, asked_for, find as find_output
from sccbgm.analyses.plan import settings as analysis_settings


def analysed(kind):
    """Wildcard pattern of the ids of tables or figures that an analysis is shown in."""
    ids = [id for id, output in OUTPUTS.items() if output.kind == kind]
    return f"({'|'.join(ids)})(__[a-z0-9_]+)?"


def analyst(wildcards):
    """The study whose settings an analysis of a dataset has."""
    name, dataset = wildcards.analysis, wildcards.dataset
    having = {id: study for id, study in RUN.studies.items() if dataset in study.datasets}
    asking = [id for id, study in having.items() if asks_for(study, name, dataset)]
    found = {id: analysis_settings(having[id], name, dataset) for id in asking or list(having)[:1]}
    if any(settings != found[asking[0]] for settings in found.values()):
        raise WorkflowError(
            f"{' and '.join(found)} ask for {name} of {dataset} with other settings"
        )
    return having[next(iter(found))]


def asks_for(study, name, dataset):
    outputs = asked_for(study.config.tables, study.config.figures, study.datasets)
    return any(asked.output.analysis == name and dataset in asked.datasets for asked in outputs)


def analysis_cells(wildcards):
    reads = ANALYSES[wildcards.analysis].reads
    if reads == "settings":
        return []
    return raw_cells(wildcards) if reads == "raw" else f"{RESULTS}/data/{wildcards.dataset}.h5ad"


def analysis_files(kind, suffix):
    """Files of the analysis that a table or figure shows, one a dataset."""

    def paths(wildcards):
        study = RUN.studies[owner(f"{kind}s", wildcards.id)]
        asked = find_output(wildcards.id, kind, study.datasets)
        name = asked.output.analysis
        return [f"{RESULTS}/analyses/{name}/{d}.{suffix}" for d in asked.datasets]

    return paths


def analysis_rows():
    """The rows of every analysis that the run asks for."""
    return [f"{RESULTS}/analyses/{name}/{dataset}.parquet" for name, dataset in RUN.analyses]


PUBLISHED_SETTINGS = [
    str(path)
    for pattern in ("hyperparameters_*.csv", "tasks.csv")
    for path in sorted(Path(of_repository("resources/paper")).glob(pattern))
]
