# What failed, and whether the run may end with success.


rule status:
    input:
        metrics=[str(path) for path in map(RUN.rows_file, RUN.studies)],
        predictions=predictions,
        analyses=there(analysis_rows()),
        # Not read: the status is made whenever anything is, since a run begins without one.
        made=there([*tables(), *figures()]),
    output:
        f"{RESULTS}/status.json",
    log:
        f"{RESULTS}/logs/status.log",
    conda:
        ENV
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        unfinished=lambda wildcards: UNFINISHED,
    script:
        "../workflow_scripts/status.py"


# One file to send on: results, what the paper printed, and where every number comes from.
rule page:
    input:
        metrics=[str(path) for path in map(RUN.rows_file, RUN.studies)],
        status=f"{RESULTS}/status.json",
        predictions=predictions,
        cells=there(f"{RESULTS}/data/{dataset}.h5ad" for dataset in RUN.datasets),
        figures=there(figures()),
        others=there(
            f"{RESULTS}/tables/{table}{'.wide' if is_comparison(table, 'table') else ''}.csv"
            for table in other_tables()
        ),
        analyses=there(analysis_rows()),
        ceilings=once_tasks_are_known(lambda wildcards: RUN.datasets, all_ceilings),
        published=PUBLISHED,
    output:
        f"{RESULTS}/report.html",
    log:
        f"{RESULTS}/logs/page.log",
    conda:
        ENV
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        tables=[
            Path(path).stem
            for path in there(
                f"{RESULTS}/tables/{table}.csv"
                for table in RUN.outputs("tables")
                if table not in other_tables()
            )
        ],
    script:
        "../workflow_scripts/page.py"


# Last, and without an output where a member failed: the run then ends with an error.
rule complete:
    input:
        f"{RESULTS}/status.json",
        f"{RESULTS}/report.html",
    output:
        touch(f"{RESULTS}/complete"),
    log:
        f"{RESULTS}/logs/complete.log",
    conda:
        ENV
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        again=lambda wildcards: retry_command(),
    script:
        "../workflow_scripts/complete.py"
