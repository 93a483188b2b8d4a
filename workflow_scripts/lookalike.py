"""Generate cells in the schema of a dataset's file."""

from sccbgm.benchmark.studies import load_run
from sccbgm.data.lookalike import make_lookalike
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed

with logged(snakemake.log[0]):
    config = load_run(snakemake.config).datasets[snakemake.wildcards.dataset]
    with sealed(snakemake.output[0]) as path:
        make_lookalike(config).write_h5ad(path, compression="lzf")
