"""Common code of the adapters around other packages: jobs one by one, seeds, threads, silence."""

from __future__ import annotations

import gc
import io
import logging
import os
import random
import time
import warnings
from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any, Generic, TypeVar

import numpy as np

from sccbgm.io.ending import check
from sccbgm.methods._answers import KeptAnswers
from sccbgm.protocol.faults import of_machine, reason
from sccbgm.protocol.method import Failure, Fit, Job, Predictions, Runtime
from sccbgm.protocol.task import TaskData

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class AnsweredFit(Fit, Generic[Answer]):
    """The answer that each job's model gave while it was there.

    The packages' models hold a dense copy of the training cells, so a job's model is dropped as
    soon as it has answered.
    """

    def __init__(self, jobs: Sequence[Job], answers: Sequence[Answer | Failure]) -> None:
        self.jobs, self.answers = jobs, list(answers)

    @abstractmethod
    def predictions(self, answer: Answer) -> Predictions:
        """The edited cells of one job."""

    def said(self, job: Job, answer: Answer) -> Mapping[str, str]:
        """The remarks on one job's predictions, by target."""
        return {}

    def remarks(self, mode: str) -> list[Mapping[str, str]]:
        """See `Fit.remarks`."""
        both = zip(self.jobs, self.answers, strict=True)
        return [{} if isinstance(a, Failure) else self.said(job, a) for job, a in both]

    def predict(self, mode: str) -> list[Predictions | Failure]:
        """The predictions of every job. Raises ValueError for a mode other than "edit"."""
        if mode != "edit":
            raise ValueError(f"mode {mode!r} is not known to this method; known modes: edit")
        return [a if isinstance(a, Failure) else self.predictions(a) for a in self.answers]


class PredictedFit(AnsweredFit[Predictions]):
    """Jobs of which only the predictions are kept."""

    def predictions(self, answer: Predictions) -> Predictions:
        """The answer itself."""
        return answer


def answer_each(
    jobs: Sequence[Job],
    runtime: Runtime,
    answer: Callable[[Job], Answer],
    alike: Callable[[Job], Hashable] = id,
    kind: Callable[..., Any] = dict,
) -> list[Answer | Failure]:
    """`answer(job)` for one job after another; an error fails its own job and no other.

    An answer of a class `kind`, or a dict, is kept among the checkpoints as soon as it is there:
    a run that was killed asks no job twice.

    The packages raise errors of any class, so all but the machine's are caught here; the traceback
    is logged and the message becomes the reason of the empty cell. Jobs of which `alike` says the
    same, such as seeds that a method does not use, are answered once.
    """
    answers: dict[Hashable, Answer | Failure] = {}
    kept = KeptAnswers(runtime.checkpoints, kind)
    for number, job in enumerate(jobs, start=1):
        if alike(job) in answers:
            continue
        started = time.perf_counter()
        try:
            if (found := kept.read(job)) is None:
                with limited_threads(runtime.threads), quiet():
                    found = answer(job)
                kept.write(job, found)
            answers[alike(job)] = found
            outcome = "done"
        except (Exception, SystemExit) as error:
            check()
            if of_machine(error) or isinstance(error, SystemExit):
                raise
            logger.exception("%s failed", job.member)
            answers[alike(job)] = Failure(reason(error))
            outcome = "failed"
        check()
        seconds = time.perf_counter() - started
        runtime.report(f"{job.member}: {outcome} in {seconds:.0f} s ({number} of {len(jobs)})")
    return [answers[alike(job)] for job in jobs]


def fold_seed(key: int) -> int:
    """A member's 64-bit key folded to the 32 bits that the packages accept as a seed."""
    return (key ^ (key >> 32)) % 2**32


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed what the packages draw from (Python, NumPy, torch, scvi), and put it all back after."""
    import scvi
    import torch

    ours, python = scvi.settings.seed, random.getstate()
    legacy = np.random.get_state()  # noqa: NPY002  the packages draw from it
    written = {name: os.environ.get(name) for name in ("PL_GLOBAL_SEED", "XLA_FLAGS")}
    with torch.random.fork_rng():
        scvi.settings.seed = seed
        try:
            yield
        finally:
            scvi.settings.seed = ours
            random.setstate(python)
            np.random.set_state(legacy)  # noqa: NPY002
            for name, value in written.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def release(model: Any) -> None:
    """Let go of a model's cells, which scvi-tools keeps in tables of the model's class."""
    model.deregister_manager()  # all but this model's own
    model.deregister_manager(model.adata)
    gc.collect()


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Limit BLAS, OpenMP and torch to that many threads, and XLA if it has not started yet.

    XLA sizes its pool once a process, from NPROC.
    """
    import torch
    from threadpoolctl import threadpool_limits

    os.environ.setdefault("NPROC", str(threads))
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with threadpool_limits(limits=threads):
            yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the training frameworks' notices out of the log, their warnings and errors in it.

    For all loggers at once, as frameworks set the levels of their own whenever they are imported.
    What they print becomes debug lines.
    """
    before, printed = logging.root.manager.disable, io.StringIO()
    logging.disable(logging.INFO)
    try:
        with redirect_stdout(printed), warnings.catch_warnings():
            for name in ("lightning", "scvi", "anndata"):
                warnings.filterwarnings("ignore", module=name)
            yield
    finally:
        logging.disable(before)
        for line in printed.getvalue().splitlines():
            logger.debug("%s", line)


def expression(data: TaskData, rows: np.ndarray) -> np.ndarray:
    """(n, n_genes) float32 log-normalised expression of these rows of the dataset.

    Raises ValueError for a task that was given without genes.
    """
    if data.genes is None or data.project is None:
        raise ValueError(f"task {data.task.id!r} has no gene expression, which this method needs")
    return np.asarray(data.genes(rows), dtype=np.float32)


def to_pcs(data: TaskData, genes: np.ndarray) -> np.ndarray:
    """Log-normalised genes in the task's PCs, float32. Raises ValueError if any is not finite."""
    if data.project is None:
        raise ValueError(f"task {data.task.id!r} has no projection, which this method needs")
    if not np.isfinite(genes).all():
        raise ValueError(
            f"{int((~np.isfinite(genes)).any(1).sum())} predicted cells are not finite"
        )
    return np.asarray(data.project(genes), dtype=np.float32)


def pool(data: TaskData) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Training and intervened cells, each once: rows, concepts, where the intervened ones are."""
    missing = ~np.isin(data.intervene.rows, data.train.rows)
    rows = np.concatenate([data.train.rows, data.intervene.rows[missing]])
    concepts = np.concatenate([data.train.concepts, data.intervene.concepts[missing]])
    position = {row: i for i, row in enumerate(rows.tolist())}
    return rows, concepts, np.array([position[row] for row in data.intervene.rows.tolist()])


def on_the_pool(data: TaskData) -> str:
    """The remark that `pool` is more than the training cells, "" where it is not."""
    n = int((~np.isin(data.intervene.rows, data.train.rows)).sum())
    return f"fitted to {n} intervened cells too, which are no training cells" if n else ""


def observed_state(data: TaskData, names: Sequence[str]) -> np.ndarray:
    """The values of these concepts that all intervened cells share.

    Raises ValueError where they differ, as conditions of groups then have no meaning.
    """
    columns = [data.concept_names.index(name) for name in names]
    values = data.intervene.concepts[:, columns]
    if not np.isclose(values, values[0], atol=1e-6).all():
        raise ValueError(f"the intervened cells differ in the edited concepts {', '.join(names)}")
    return values[0]


def in_state(concepts: np.ndarray, state: Any) -> np.ndarray:
    """(n,) True where a row of (n, k) concepts has these k values. NaN matches nothing."""
    return np.isclose(concepts, np.asarray(state, dtype=concepts.dtype), atol=1e-6).all(1)
