"""Generate cells in the schema of a dataset's file."""

from sccbgm.config.run import load_config
from sccbgm.data.lookalike import make_lookalike
from sccbgm.io.files import written_whole
from sccbgm.io.logs import logged

with logged(snakemake.log[0]):
    config = load_config(snakemake.config).datasets[snakemake.wildcards.dataset]
    with written_whole(snakemake.output[0]) as path:
        make_lookalike(config).write_h5ad(path, compression="lzf")
