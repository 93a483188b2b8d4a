"""Generate cells in the schema of a double-perturbation experiment."""

from sccbgm.config.norman import NormanConfig
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed
from sccbgm.norman.lookalike import make_lookalike

with logged(snakemake.log[0]):
    config = NormanConfig(**snakemake.params.settings)
    with sealed(snakemake.output[0]) as path:
        make_lookalike(config).write_h5ad(path, compression="lzf")
