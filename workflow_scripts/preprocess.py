"""Make a dataset's file into clean cells."""

from sccbgm.benchmark.studies import load_run
from sccbgm.data.preprocess import preprocess
from sccbgm.data.reading import read_cells
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed

with logged(snakemake.log[0]):
    config = load_run(snakemake.config).datasets[snakemake.wildcards.dataset]
    cells = read_cells(snakemake.input[0], config.starts_from_made)
    with sealed(snakemake.output[0]) as path:
        preprocess(cells, config).write_h5ad(path, compression="lzf")
