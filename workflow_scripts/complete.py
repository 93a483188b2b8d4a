"""End with an error that lists the failures, if there are any."""

import json
from pathlib import Path

from sccbgm.benchmark.evaluate import verdict

faults = verdict(json.loads(Path(snakemake.input.status).read_text(encoding="utf-8")))
Path(snakemake.log[0]).write_text(f"{faults or 'no failures'}\n", encoding="utf-8")
if faults:
    raise SystemExit(faults)
