"""What ran, what failed and why."""

import json
from pathlib import Path

from sccbgm.benchmark.evaluate import run_status
from sccbgm.io.logs import logged

with logged(snakemake.log[0]):
    status = run_status(Path(snakemake.input.metrics), map(Path, snakemake.input.predictions))
    Path(snakemake.output[0]).write_text(json.dumps(status, indent=1) + "\n", encoding="utf-8")
