"""Baselines and PerturbedVAE on one double-perturbation experiment."""

import logging
import shutil
from pathlib import Path

from sccbgm.benchmark.provenance import origin
from sccbgm.config.norman import NormanConfig
from sccbgm.data.reading import read_cells
from sccbgm.io.files import written_whole
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed
from sccbgm.norman.run import experiment, summary
from sccbgm.protocol.keys import derive_key
from sccbgm.protocol.method import Runtime

with logged(snakemake.log[0]):
    config = NormanConfig(**snakemake.params.settings)
    # A checkpoint of other settings is left alone: it is in another folder.
    settings = f"{derive_key(config.model_dump_json()):016x}"
    experiment_folder = Path(snakemake.output.rows).parent
    checkpoints = experiment_folder.parents[1] / "checkpoints" / "norman" / settings
    runtime = Runtime(
        **{**snakemake.params.runtime, "threads": snakemake.threads},
        checkpoints=checkpoints,
        report=logging.getLogger("sccbgm.norman").debug,
    )
    cells = read_cells(snakemake.input.cells, config.source.kind != "file")
    rows = experiment(cells, config, runtime)
    trained = {name: run.params for name, run in config.runs.items()}
    made = origin(Path(snakemake.input.cells), trained, config.source.kind != "file")
    rows.attrs.update(made | {"code": snakemake.params.code})
    with sealed(snakemake.output.rows) as path:
        rows.to_parquet(path)
    with written_whole(snakemake.output.summary) as path:
        summary(rows, config).to_csv(path, index=False)
    shutil.rmtree(checkpoints, ignore_errors=True)
