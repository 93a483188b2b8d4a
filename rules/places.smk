# Files of the repository, wherever Snakemake was started or this is used as a module.
import os
from pathlib import Path

ROOT = Path(workflow.current_basedir).parent


def of_repository(path):
    """A file of the working directory where it has it, else of the repository."""
    return path if os.path.exists(path) else str(ROOT / path)
