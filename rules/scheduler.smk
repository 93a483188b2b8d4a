# Snakemake's scheduler as it meets thousands of short jobs.

DEFAULT_LIMIT = 100, 1
"""Jobs and seconds of Snakemake's own `--max-jobs-per-timespan`."""


def look_for_jobs_when_one_ends():
    """Take away the default limit of job starts; one that a user has set stays.

    With a limit, each look at the jobs that could start plants a timer for another look, which
    plants the next (Snakemake 9.27). A job's end is one more such look, so after some hundred jobs
    the scheduler does nothing else, for a processor of its own.
    """
    limit = workflow.scheduler.job_rate_limiter
    if limit is not None and (limit.max_jobs, limit.timespan) == DEFAULT_LIMIT:
        workflow.scheduler.job_rate_limiter = None
