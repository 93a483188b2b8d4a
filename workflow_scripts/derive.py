"""List the tasks that are derived from a dataset's cells."""

from sccbgm.benchmark.cells import read_file
from sccbgm.config.run import load_config
from sccbgm.data.derive import derive_pairs, write_derived
from sccbgm.io.logs import logged

with logged(snakemake.log[0]):
    benchmark = load_config(snakemake.config)
    config = benchmark.datasets[snakemake.wildcards.dataset]
    cells = read_file(benchmark, config.id, snakemake.input[0])
    write_derived(snakemake.output[0], derive_pairs(cells.obs, config))
