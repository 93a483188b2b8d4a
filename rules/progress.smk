# What the display of a run is told (`--logger sccbgm`), and what the user is told at its end.
from sccbgm.benchmark.summary import training_work
from sccbgm.config.figure_ids import main_first


def tell_what_is_expected():
    """Give the display every job's kind and work, by which it says how long the rest takes."""
    jobs = {job.jobid: expected(job) for job in workflow.dag.needrun_jobs()}
    logger.info(None, extra={"expected": jobs})


def expected(job):
    """Jobs of one kind take as long as their work; of a rule without methods all work is 1."""
    if job.rule.name not in ("train", "train_gpu", "evaluate"):
        return job.rule.name, 1.0
    study, shard = study_and_shard(job.wildcards)
    kind = f"{job.rule.name} {shard.method}"
    return kind, training_work(study, shard) if kind.startswith("train") else len(shard.members)


def say_what_to_open():
    """Point to the main picture and to the page."""
    drawn = made("figures", "png")
    pictures = [drawn[id] for id in main_first(drawn) if os.path.exists(drawn[id])]
    page = f"{RESULTS}/report.html"
    if os.path.exists(page):
        look = f"Look at {pictures[0]}, then open" if pictures else "Open"
        logger.info(f"{look} {page}")
