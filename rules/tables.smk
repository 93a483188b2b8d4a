# The tables, next to the published values.
from sccbgm.tables import SUFFIXES


rule table:
    input:
        metrics=metrics_of("tables", "{table}"),
        published=PUBLISHED,
    output:
        [f"{RESULTS}/tables/{{table}}{suffix}" for suffix in SUFFIXES if suffix != ".html"],
        report(
            f"{RESULTS}/tables/{{table}}.html",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
    log:
        f"{RESULTS}/logs/tables/{{table}}.log",
    wildcard_constraints:
        table=f"(?!({'|'.join(['fits', 'table03', *NORMAN_FILES])})\\.)[a-z0-9_]+",
    conda:
        ENV
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../workflow_scripts/table.py"


rule parameters:
    input:
        of_repository("resources/paper/table03.csv"),
    output:
        f"{RESULTS}/tables/table03.csv",
        report(
            f"{RESULTS}/tables/table03.md",
            caption="../report/parameters.rst",
            category="Tables",
            labels={"table": "table03"},
        ),
    log:
        f"{RESULTS}/logs/tables/table03.log",
    conda:
        ENV
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        generated=lambda wildcards: {
            id: dataset.source.model_dump(mode="json")
            for id, dataset in generated_of("table03").items()
        },
        reduced=lambda wildcards: {
            id: dataset.reduced for id, dataset in generated_of("table03").items()
        },
    script:
        "../workflow_scripts/parameters.py"


rule costs:
    input:
        predictions,
    output:
        f"{RESULTS}/tables/fits.csv",
        report(
            f"{RESULTS}/tables/fits.md",
            caption="../report/fits.rst",
            category="Tables",
            labels={"table": "fits"},
        ),
    log:
        f"{RESULTS}/logs/tables/fits.log",
    conda:
        ENV
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../workflow_scripts/costs.py"
