"""Make a dataset's file into clean cells."""

from sccbgm.benchmark.cells import read_file
from sccbgm.config.run import load_config
from sccbgm.data.preprocess import preprocess
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed

with logged(snakemake.log[0]):
    benchmark = load_config(snakemake.config)
    config = benchmark.datasets[snakemake.wildcards.dataset]
    cells = read_file(benchmark, config.id, snakemake.input[0])
    with sealed(snakemake.output[0]) as path:
        preprocess(cells, config).write_h5ad(path, compression="lzf")
