"""End with an error that lists the failures, if there are any."""

import json
from pathlib import Path

from sccbgm.benchmark.status import verdict

status = json.loads(Path(snakemake.input[0]).read_text(encoding="utf-8"))
faults = verdict(status, snakemake.params.again)
Path(snakemake.log[0]).write_text(f"{faults or 'no failures'}\n", encoding="utf-8")
if faults:
    raise SystemExit(faults)
