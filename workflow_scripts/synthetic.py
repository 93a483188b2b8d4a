"""Generate a synthetic dataset."""

from sccbgm.config.run import load_config
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed
from sccbgm.synthetic import make_dataset

with logged(snakemake.log[0]):
    source = load_config(snakemake.config).datasets[snakemake.wildcards.dataset].source
    with sealed(snakemake.output[0]) as path:
        make_dataset(source, snakemake.threads).write_h5ad(path, compression="lzf")
