"""Generate a synthetic dataset."""

from sccbgm.benchmark.studies import load_run
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed
from sccbgm.synthetic import make_dataset

with logged(snakemake.log[0]):
    source = load_run(snakemake.config).datasets[snakemake.wildcards.dataset].source
    with sealed(snakemake.output[0]) as path:
        make_dataset(source, snakemake.threads).write_h5ad(path, compression="lzf")
