"""Log files of jobs: what a job says goes to its file and to the terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def logged(path: str | Path) -> Iterator[None]:
    """Send this package's messages, and the traceback of an exception, to a job's log file.

    Debug messages go to the file alone.
    """
    logger = logging.getLogger("sccbgm")
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
    handlers: list[logging.Handler] = [
        logging.FileHandler(path, mode="w"),
        logging.StreamHandler(sys.stderr),
    ]
    handlers[1].setLevel(logging.INFO)
    logger.setLevel(logging.DEBUG)
    for handler in handlers:
        handler.setFormatter(formatter)
        logger.addHandler(handler)
    try:
        yield
    except Exception as error:
        logger.exception(error)
        raise SystemExit(1) from error
    finally:
        for handler in handlers:
            logger.removeHandler(handler)
            handler.close()
