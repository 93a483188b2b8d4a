# What a run does about jobs that failed. A job that fails leaves no output, so that the same
# command does it again. The tables are then made of what is there, by a run of their rules alone.
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from snakemake.logging import logger

from sccbgm.benchmark.status import advice, verdict
from sccbgm.io.logs import last_error

SUMMARIES = {
    *("collect", "costs", "status", "page", "table", "parameters"),
    *("analysis_table", "analysis_figure", "metric_figure"),
    *("umap_figure", "box_figure", "annotation_figure", "pair_figure", "sweep_table"),
    *("comparison_table", "comparison_figure", "calibration"),
}
# Log of an earlier attempt -> its time.
LOGGED = {}
# Set in the run of the summaries alone: a file with what is unfinished, path -> reason.
FINISHING = os.environ.get("SCCBGM_UNFINISHED")
UNFINISHED = json.loads(Path(FINISHING).read_text()) if FINISHING else {}


def there(paths):
    """The files without those that could not be made."""
    return [path for path in paths if path not in UNFINISHED]


def lost_shards(wildcards):
    """Path of a study's shard -> why it has no rows; None in a run that has them all."""
    paths = RUN.scored[study_id(wildcards)]
    files = {path: f"{RESULTS}/metrics/{path}.parquet" for path in paths}
    lost = {path: UNFINISHED[file] for path, file in files.items() if file in UNFINISHED}
    return lost if FINISHING else None


def retry_command():
    """The command that redoes the members that failed in this run."""
    files = [os.path.relpath(path) for path in workflow.configfiles]
    given = [f"{key}={value}" for key, value in workflow.config_settings.config.items()]
    return shlex.join(["sccbgm", "retry", *files, *(["--config", *given] if given else [])])


def note_the_logs():
    """Remember the logs of earlier attempts, which say nothing of this one."""
    logs = {str(log) for job in workflow.dag.needrun_jobs() for log in job.log}
    LOGGED.update({log: os.stat(log).st_mtime_ns for log in logs if os.path.exists(log)})


def forget_the_last_run():
    """Remove what an earlier run said of itself, which must not stand for this one."""
    made = {str(file) for job in workflow.dag.needrun_jobs() for file in job.output}
    for path in {f"{RESULTS}/complete", f"{RESULTS}/status.json"} & made:
        Path(path).unlink(missing_ok=True)


def finish_what_is_there():
    """Fill tables and figures although jobs failed, and say what is missing."""
    unfinished = set(workflow.dag.needrun_jobs())
    reasons = reasons_of_failures(workflow.scheduler.failed)
    summaries = {job for job in unfinished if can_be_made(job, unfinished)}
    if not summaries:
        return
    lost = {
        str(file): reasons.get(job, "not run: the run ended before it")
        for job in unfinished - summaries
        for file in job.output
        if file != f"{RESULTS}/complete"
    }
    run_summaries(summaries, lost)
    # A table or figure that fails itself is missing too, and the report is made without it
    failed = {job for job in summaries if not all(map(os.path.exists, job.output))}
    last = {job for job in failed if job.rule.name in ("status", "page")}
    if last:
        reasons |= reasons_of_failures(failed - last)
        lost |= {str(file): reasons[job] for job in failed - last for file in job.output}
        run_summaries(last, lost)
    print_failures(reasons)


def reasons_of_failures(failed):
    """Job -> why it, or the first failed job that it depends on, has no result."""
    reasons = {}
    for job in failed:
        said = last_error(job.log[0], LOGGED.get(job.log[0])) if job.log else ""
        log = ", ".join(job.log)
        reason = said or "the job died: killed, out of memory or time, or ended by its method"
        for later in workflow.dag.bfs(workflow.dag.depending, job):
            reasons.setdefault(later, f"{reason} ({log})")
    return reasons


def can_be_made(job, unfinished):
    """Whether a table, a figure or the status can be made without the jobs that did not run."""
    if job.rule.name not in SUMMARIES:
        return False
    if job in workflow.scheduler.failed and job.rule.name != "collect":
        return False
    kinds = ("predictions", "made", "cells", "figures", "others", "analyses", "ceilings")
    optional = {file for kind in kinds for file in job.input.get(kind, [])}
    if job.rule.name in ("collect", "costs"):
        optional = set(job.input)
    needed = set(job.input) - optional
    return all(
        other.rule.name in SUMMARIES or needed.isdisjoint(other.output) for other in unfinished
    )


def print_failures(reasons):
    """Print what failed, of whole jobs and of members, and what to do."""
    for job in sorted(workflow.scheduler.failed, key=str):
        logger.error(f"{', '.join(job.output)}: {reasons[job]}")
    logger.error(
        "These jobs failed and left no files; the same command runs them again. The tables and "
        "figures hold everything else and say what is missing."
    )
    status = Path(RESULTS, "status.json")
    members = verdict(json.loads(status.read_text()), retry_command()) if status.exists() else ""
    logger.error(members or advice(retry_command()))


def run_summaries(jobs, lost):
    """Run rules of the summaries on this machine, silent unless they fail.

    lost: file that could not be made -> why.
    """
    with tempfile.TemporaryDirectory() as folder:
        listed, configuration = Path(folder, "unfinished.json"), Path(folder, "config.json")
        listed.write_text(json.dumps(lost))
        configuration.write_text(json.dumps(config))
        targets = [str(file) for job in jobs for file in job.output]
        command = [
            *(sys.executable, "-m", "snakemake", *targets, "--force", "--snakefile"),
            *(workflow.main_snakefile, "--configfile", configuration, "--cores", "1"),
            *("--executor", "local", "--workflow-profile", "none", "--nolock", "--keep-going"),
            *("--rerun-incomplete", "--allowed-rules", *sorted(SUMMARIES)),
        ]
        environment = {k: v for k, v in os.environ.items() if k != "SNAKEMAKE_PROFILE"}
        environment["SCCBGM_UNFINISHED"] = str(listed)
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        logger.error(done.stdout + done.stderr)
