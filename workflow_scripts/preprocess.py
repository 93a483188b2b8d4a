"""Make a dataset's file into clean cells."""

import anndata

from sccbgm.benchmark.studies import load_run
from sccbgm.data.preprocess import preprocess
from sccbgm.io.files import written_whole
from sccbgm.io.logs import logged

with logged(snakemake.log[0]):
    config = load_run(snakemake.config).datasets[snakemake.wildcards.dataset]
    cells = anndata.read_h5ad(snakemake.input[0])
    with written_whole(snakemake.output[0]) as path:
        preprocess(cells, config).write_h5ad(path, compression="lzf")
