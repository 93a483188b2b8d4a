"""Take a part of a file's cells."""

import anndata

from sccbgm.config.run import load_config
from sccbgm.data.sample import sample
from sccbgm.io.files import written_whole
from sccbgm.io.logs import logged

with logged(snakemake.log[0]):
    config = load_config(snakemake.config).datasets[snakemake.wildcards.dataset]
    cells = anndata.read_h5ad(snakemake.input[0])
    with written_whole(snakemake.output[0]) as path:
        sample(cells, config).write_h5ad(path, compression="lzf")
