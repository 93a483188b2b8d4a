# Which files a job reads, and which targets a run has.
from sccbgm.benchmark.cells import first_file, whole_file
from sccbgm.benchmark.plan import presets, scored_as
from sccbgm.config.analyses import is_output
from sccbgm.config.comparisons import is_comparison
from sccbgm.config.derived import derived_file
from sccbgm.config.figure_ids import ids_drawn_as, parse_figure
from sccbgm.config.places import find
from sccbgm.config.references import check_target

PUBLISHED = sorted(map(str, Path(of_repository("resources/paper")).glob("table*.csv")))


def osf_source(wildcards):
    """The source of any dataset in an archive: they agree on where it is."""
    sources = [dataset.source for dataset in BENCHMARK.datasets.values()]
    where = (wildcards.project, wildcards.archive)
    return next(s for s in sources if s.kind == "osf" and (s.project, s.archive) == where)


def archive(wildcards):
    source = BENCHMARK.datasets[wildcards.dataset].source
    return f"{RESULTS}/downloads/{source.project}/{source.archive}"


def all_cells(wildcards):
    return str(whole_file(BENCHMARK, wildcards.dataset))


def raw_cells(wildcards):
    return str(first_file(BENCHMARK, wildcards.dataset))


def norman_cells(config, wildcards):
    if config.source.kind == "file":
        return str(without_faults(find, config.source.path, NORMAN_FILES[wildcards.experiment]))
    return f"{RESULTS}/norman/{wildcards.experiment}/raw.h5ad"


def first_stage(wildcards):
    stage1 = shard(wildcards).stage1
    return f"{RESULTS}/fits/{stage1.path}.pt" if stage1 else []


def of_block(suffix):
    """A file of the block of tasks that a shard is about."""

    def path(wildcards):
        return f"{RESULTS}/tasks/{wildcards.dataset}/{shard(wildcards).block}{suffix}"

    return path


def denominators(wildcards):
    """The files that a shard's ratios are formed with, one for each preset whose rules score it."""
    presets = scored_as(BENCHMARK, wildcards.method, wildcards.preset)
    return [of_block(f"_denominators_{preset}.parquet")(wildcards) for preset in presets]


def declared(wildcards):
    """The method that a rule's wildcards name."""
    return BENCHMARK.methods[wildcards.method].method


def environment(wildcards):
    """The conda environment of a method: its own where it needs another package."""
    return f"../envs/{declared(wildcards).environment or 'sccbgm'}.yaml"


def tables():
    ids = [*BENCHMARK.config.tables, "fits"]
    return [f"{RESULTS}/tables/{table}.csv" for table in ids]


def other_tables():
    """The listed tables that are not made of metrics.parquet."""
    return [
        id
        for id in BENCHMARK.config.tables
        if is_output(id) or is_comparison(id, "table") or id == "table03" or id.startswith("sweep_")
    ]


def figures():
    return [f"{RESULTS}/figures/{figure}.png" for figure in BENCHMARK.config.figures]


def possible(kind, id):
    """End the run with one message, before a job is planned, if it cannot make that output."""
    try:
        check_target(kind, id, BENCHMARK)
    except ConfigError as error:
        raise WorkflowError(str(error))


def metrics_of(kind, pattern):
    """All numbers, for a table or figure that can be made of them."""

    def path(wildcards):
        possible(kind, pattern.format(**wildcards))
        return f"{RESULTS}/metrics.parquet"

    return path


def edited_cells(wildcards):
    """The predictions of a task by every listed method: the first preset and seed of each."""
    possible("figures", wildcards.figure)
    figure = parse_figure(wildcards.figure, BENCHMARK.datasets)
    variants = {method: name for method, _, name in figure.paper.sides} if figure.paper else {}
    chosen = {}
    for shard in EVALUATED:
        if shard.dataset == figure.dataset and figure.task in shard.tasks:
            if variants.get(shard.method, "default") in shard.variants:
                chosen.setdefault(shard.method, f"{RESULTS}/predictions/{shard.path}.h5ad")
    return there(path for method, path in chosen.items() if not variants or method in variants)


def of_task(name):
    """A file about a task, whose dataset and block stand in `name`'s place for them."""

    def path(wildcards):
        possible("figures", wildcards.figure)
        figure = parse_figure(wildcards.figure, BENCHMARK.datasets)
        found = blocks(BENCHMARK, figure.dataset).items()
        block = next(block for block, tasks in found if figure.task in tasks)
        return f"{RESULTS}/{name.format(dataset=figure.dataset, block=block)}"

    return path


def printed(wildcards):
    """The text that a figure of a dataset prints about it."""
    of = BENCHMARK.datasets[parse_figure(wildcards.figure, BENCHMARK.datasets).dataset]
    return [of.title, of.reduced]


def generated_cells(wildcards):
    """The cells of a figure of annotations."""
    possible("figures", wildcards.figure)
    dataset = parse_figure(wildcards.figure, BENCHMARK.datasets).dataset
    return f"{RESULTS}/data/{dataset}.h5ad"
