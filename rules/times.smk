# A clock that was set back leaves files that are dated after now.
from sccbgm.io.times import bring_to_now, faults, now_in


def no_file_after_now():
    """Date the run's own files with now; end with a message where a file of the user's is late."""
    now = now_in(Path(RESULTS))
    if late := bring_to_now(Path(RESULTS), now):
        logger.warning(
            f"{len(late)} files of {RESULTS}, such as {late[-1]}, were dated after now: a clock was "
            "set back. They are dated with now, in their order."
        )
    made = {file for job in workflow.dag.jobs for file in job.output}
    given = {file for job in workflow.dag.needrun_jobs() for file in job.input} - made
    if found := faults(given, now):
        raise WorkflowError("\n".join(found))
