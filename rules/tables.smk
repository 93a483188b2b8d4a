# The tables, next to the published values.
import glob

from sccbgm.tables import SUFFIXES


def tables():
    return [f"{RESULTS}/tables/{table}.csv" for table in BENCHMARK.config.tables]


rule table:
    input:
        metrics=f"{RESULTS}/metrics.parquet",
        published=sorted(glob.glob("resources/paper/table*.csv")),
    output:
        [
            f"{RESULTS}/tables/{{table}}{suffix}"
            for suffix in SUFFIXES
            if suffix != ".html"
        ],
        report(
            f"{RESULTS}/tables/{{table}}.html",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
    log:
        f"{RESULTS}/logs/tables/{{table}}.log",
    wildcard_constraints:
        table="[a-z0-9_-]+",
    conda:
        ENV
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../workflow_scripts/table.py"
