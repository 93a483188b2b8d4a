"""The status of a run: what ran, what failed and why."""

import json
from pathlib import Path

from sccbgm.benchmark.status import run_status
from sccbgm.io.files import written_whole
from sccbgm.io.logs import logged

with logged(snakemake.log[0]):
    files = snakemake.input
    predictions = [Path(path) for path in files.predictions]
    unfinished, analyses = snakemake.params.unfinished, map(Path, files.analyses)
    status = run_status(map(Path, files.metrics), predictions, unfinished, analyses)
    with written_whole(snakemake.output[0]) as path:
        path.write_text(json.dumps(status, indent=1) + "\n", encoding="utf-8")
