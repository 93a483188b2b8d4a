"""List the tasks that are derived from a dataset's cells."""

from sccbgm.benchmark.studies import load_run
from sccbgm.data.derive import derive_pairs, write_derived
from sccbgm.data.reading import read_cells
from sccbgm.io.logs import logged

with logged(snakemake.log[0]):
    config = load_run(snakemake.config).datasets[snakemake.wildcards.dataset]
    cells = read_cells(snakemake.input[0], config.source.kind != "file")
    write_derived(snakemake.output[0], derive_pairs(cells.obs, config))
