# The names that can be asked for, and the files behind them.
import re


def named_targets():
    """Name -> files: every table and figure of the paper, every study, all tables, all figures."""
    found = {"tables": tables(), "figures": figures()}
    for id, path in {**made("tables", "csv"), **made("figures", "png")}.items():
        if re.fullmatch("(table|figure)[0-9]{2}", id):
            found[f"{id[:-2]}_{id[-2:]}"] = [path]
    for experiment in RUN.experiments:
        found["tables"].append(f"{RESULTS}/tables/{experiment}.csv")
    for study in RUN.studies if SEVERAL else ():
        found[study] = [*tables(study), *figures(study)]
    return found


def made(kind, suffix):
    return {id: f"{RESULTS}/{kind}/{id}.{suffix}" for id in RUN.outputs(kind)}


TARGETS = named_targets()
SOURCES = [re.escape(d.source.path) for d in RUN.datasets.values() if d.source.kind == "file"]


def no_such_target(wildcards):
    raise WorkflowError(
        f"{wildcards.target}: no target of this name. There are {', '.join(['all', *TARGETS])}"
        f"{', norman' if NORMAN else ''}; and every file below {RESULTS}"
    )
