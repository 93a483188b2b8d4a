"""Log files of jobs: what a job says goes to its file and to the terminal."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sccbgm.io.ending import EXIT_CODE, Ended, endable

SILENT = "SCCBGM_JOBS_ARE_SILENT"
"""Environment variable that keeps what a job says to its log file."""


def last_error(path: str | Path, earlier: int | None = None) -> str:
    """The last error in a job's log: its message, and its type where it has none.

    Empty where the log has no error, since a job that is killed says nothing, or is the one that an
    `earlier` attempt wrote: its time, in nanoseconds, None where there was none.
    """
    path = Path(path)
    if not path.exists() or path.stat().st_mtime_ns == earlier:
        return ""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    messages = [line.partition(" ERROR ")[2].strip() for line in lines if " ERROR " in line]
    if not messages:
        return ""
    return messages[-1] or lines[-1]


@contextmanager
def logged(path: str | Path) -> Iterator[None]:
    """Send this package's messages, and the traceback of an exception, to a job's log file.

    Messages go to the terminal too, but for debug ones, and unless `SILENT` is set: then something
    else shows how the run goes. SIGTERM ends the block, and the process (`io.ending`).
    """
    logger = logging.getLogger("sccbgm")
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
    handlers: list[logging.Handler] = [logging.FileHandler(path, mode="w")]
    if not os.environ.get(SILENT):
        handlers.append(logging.StreamHandler(sys.stderr))
        handlers[1].setLevel(logging.INFO)
    logger.setLevel(logging.DEBUG)
    for handler in handlers:
        handler.setFormatter(formatter)
        logger.addHandler(handler)
    try:
        with endable():
            yield
    except Ended as error:
        logger.error(error)
        raise SystemExit(EXIT_CODE) from error
    except Exception as error:
        logger.exception(error)
        raise SystemExit(1) from error
    finally:
        for handler in handlers:
            logger.removeHandler(handler)
            handler.close()
