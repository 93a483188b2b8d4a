"""Derive a block of a dataset's tasks and fit their principal components."""

import anndata

from sccbgm.benchmark.studies import load_run
from sccbgm.data.pca import fit_bases
from sccbgm.data.tasks import derive_tasks, write_tasks
from sccbgm.io.logs import logged
from sccbgm.io.seals import sealed, verified

with logged(snakemake.log[0]):
    config = load_run(snakemake.config).datasets[snakemake.wildcards.dataset]
    cells = anndata.read_h5ad(verified(snakemake.input[0]))
    tasks = derive_tasks(cells, config, snakemake.params.settings["ids"])
    write_tasks(snakemake.output.tasks, tasks)
    with sealed(snakemake.output.pca) as path:
        fit_bases(cells, tasks, config.n_pcs).write_h5ad(path)
