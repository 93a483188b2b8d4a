# Jobs of an earlier run: a killed Snakemake leaves them in the cluster's queue, and they write here.
import shlex
import sys

from sccbgm.io.cluster import ClusterError, how_to_cancel, left_behind, note_run


def not_beside_an_earlier_run():
    """End with a message where jobs of an earlier run would do the same work at the same time."""
    try:
        jobs = left_behind(Path(RESULTS))
    except ClusterError as error:
        raise WorkflowError(str(error))
    if jobs:
        files = shlex.join(os.path.relpath(path) for path in workflow.configfiles)
        raise WorkflowError(
            f"{len(jobs)} jobs of an earlier run are queued or running and write to {RESULTS}. "
            f"Wait for them and go on with `sccbgm resume {files} -- {options_of_snakemake()}`, "
            f"or end them first with `{how_to_cancel(jobs)}`; trainings continue from what they "
            "have saved."
        )


def options_of_snakemake():
    """The options of this run but for its configuration files, as they were typed."""
    words = sys.argv[1:]
    if "--configfile" in words:
        start = words.index("--configfile")
        given = len(workflow.configfiles)
        del words[start : start + 1 + given]
    return shlex.join(words)


def note_this_run():
    """Remember under which name the jobs of this run are in the queue."""
    name = workflow.executor_plugin.name.removeprefix("snakemake-executor-plugin-")
    jobs = (job for job in workflow.dag.needrun_jobs() if not job.is_local)
    for executor in {workflow.scheduler.get_executor(job) for job in jobs}:
        if run := getattr(executor, "run_uuid", None):
            note_run(Path(RESULTS), name, run)
