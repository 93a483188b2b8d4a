# Which files a job reads, and which targets a run has.
from sccbgm.config.analyses import is_output
from sccbgm.config.comparisons import is_comparison
from sccbgm.config.derived import derived_file
from sccbgm.config.figure_ids import ids_drawn_as, parse_figure
from sccbgm.config.places import find

PUBLISHED = sorted(map(str, Path(of_repository("resources/paper")).glob("table*.csv")))


def osf_source(wildcards):
    """The source of any dataset in an archive: they agree on where it is."""
    sources = [dataset.source for dataset in RUN.datasets.values()]
    where = (wildcards.project, wildcards.archive)
    return next(s for s in sources if s.kind == "osf" and (s.project, s.archive) == where)


def archive(wildcards):
    source = RUN.datasets[wildcards.dataset].source
    return f"{RESULTS}/downloads/{source.project}/{source.archive}"


def all_cells(wildcards):
    """A dataset's file as it comes."""
    source = dataset(wildcards).source
    if source.kind == "file":
        return source.path
    folder = "lookalikes" if source.kind == "lookalike" else "raw"
    return f"{RESULTS}/{folder}/{wildcards.dataset}.h5ad"


def raw_cells(wildcards):
    """The cells that everything starts from: the file's, or a part of them."""
    if dataset(wildcards).sample is None:
        return all_cells(wildcards)
    return f"{RESULTS}/samples/{wildcards.dataset}.h5ad"


def norman_cells(config, wildcards):
    if config.source.kind == "file":
        return str(without_faults(find, config.source.path, NORMAN_FILES[wildcards.experiment]))
    return f"{RESULTS}/norman/{wildcards.experiment}/raw.h5ad"


def first_stage(wildcards):
    stage1 = study_and_shard(wildcards)[1].stage1
    return f"{RESULTS}/fits/{stage1.path}.pt" if stage1 else []


def of_block(suffix):
    """A file of the block of tasks that a shard is about."""

    def path(wildcards):
        return f"{RESULTS}/tasks/{wildcards.dataset}/{study_and_shard(wildcards)[1].block}{suffix}"

    return path


def denominators(wildcards):
    """The files that a shard's ratios are formed with, one for each preset whose rules score it."""
    presets = RUN.scored_as(study_and_shard(wildcards)[1].path)
    return [of_block(f"_denominators_{preset}.parquet")(wildcards) for preset in presets]


def checks(wildcards):
    """The answers of a shard's fits, where it is asked for metrics that need them."""
    path = study_and_shard(wildcards)[1].path
    return f"{RESULTS}/checks/{path}.parquet" if RUN.checks(path) else []


def declared(wildcards):
    """The method that a rule's wildcards name."""
    return METHODS[wildcards.method]


def environment(wildcards):
    """The conda environment of a method: its own where it needs another package."""
    return f"../envs/{declared(wildcards).environment or 'sccbgm'}.yaml"


def tables(study=None):
    """The tables of a study; or of all, and what the fits cost."""
    ids = [id for id, owner in RUN.outputs("tables").items() if study in (None, owner)]
    ids += ["fits"] if study is None else []
    return [f"{RESULTS}/tables/{table}.csv" for table in ids]


def figures(study=None):
    ids = [id for id, owner in RUN.outputs("figures").items() if study in (None, owner)]
    return [f"{RESULTS}/figures/{figure}.png" for figure in ids]


def other_tables():
    """The listed tables that are no grid of methods, those that compare them first."""
    ids = [
        id
        for id in RUN.outputs("tables")
        if is_output(id) or is_comparison(id, "table") or id == "table03" or id.startswith("sweep_")
    ]
    return [*sorted(ids, key=lambda id: not is_comparison(id, "table")), *RUN.experiments]


def owner(kind, id):
    """The study that makes an output; ends the run with one message if none can."""
    try:
        return RUN.owner(kind, id)
    except ConfigError as error:
        raise WorkflowError(str(error))


def metrics_of(kind, pattern):
    """The numbers that a table or figure is made of."""

    def path(wildcards):
        return str(RUN.rows_file(owner(kind, pattern.format(**wildcards))))

    return path


def figure_of(wildcards):
    """The study that a figure is made of, and what it shows."""
    study = RUN.studies[owner("figures", wildcards.figure)]
    return study, parse_figure(wildcards.figure, study.datasets)


def edited_cells(wildcards):
    """The predictions of a task by every listed method: the first preset and seed of each."""
    study, figure = figure_of(wildcards)
    variants = {method: name for method, _, name in figure.paper.sides} if figure.paper else {}
    chosen = {}
    for shard in RUN.scored[study.study].values():
        if shard.dataset == figure.dataset and figure.task in shard.tasks:
            if variants.get(shard.method, "default") in shard.variants:
                chosen.setdefault(shard.method, f"{RESULTS}/predictions/{shard.path}.h5ad")
    return there(path for method, path in chosen.items() if not variants or method in variants)


def of_task(name):
    """A file about a task, whose dataset and block stand in `name`'s place for them."""

    def path(wildcards):
        study, figure = figure_of(wildcards)
        found = blocks(study, figure.dataset).items()
        block = next(block for block, tasks in found if figure.task in tasks)
        return f"{RESULTS}/{name.format(dataset=figure.dataset, block=block)}"

    return path


def generated_of(table):
    """The generated datasets of the study that a table belongs to."""
    datasets = RUN.studies[owner("tables", table)].datasets
    return {id: dataset for id, dataset in datasets.items() if dataset.source.kind == "synthetic"}


def printed(wildcards):
    """The text that a figure of a dataset prints about it."""
    dataset = RUN.datasets[figure_of(wildcards)[1].dataset]
    return [dataset.title, dataset.reduced]


def generated_cells(wildcards):
    """The cells of a figure of annotations."""
    return f"{RESULTS}/data/{figure_of(wildcards)[1].dataset}.h5ad"
