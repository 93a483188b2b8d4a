"""Where a dataset's cells come from, as the dataset file says it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from sccbgm.config.places import LocalPath
from sccbgm.config.sections import Model

NonNegativeFinite = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class FileSource(Model):
    """An AnnData file on this machine.

    A relative path starts in the working directory or beside the `config` folder of this file.
    """

    kind: Literal["file"]
    path: LocalPath


class OSFSource(Model):
    """A member of a zip archive in a project of the Open Science Framework.

    The defaults are the project whose link the paper prints. `base_url` may name a mirror that
    answers like version 2 of the OSF API.
    """

    kind: Literal["osf"]
    archive: str
    member: str
    project: str = "kfqj8"
    view_only: str | None = "02cfaddc86da47d5b8fca0577628ddf7"
    base_url: str = "https://api.osf.io/v2"


class LookalikeSource(Model):
    """Generated cells with the columns and labels that a dataset file expects of its own file.

    n_cells, n_genes: null for as many as `expected` states, else 10,000 cells and 5,000 genes.
    """

    kind: Literal["lookalike"]
    n_cells: PositiveInt | None = None
    n_genes: PositiveInt | None = None


class GeneratorSettings(Model):
    """Sizes and effects of generated cells (paper, Table 3 and appendix on synthetic data).

    The standard deviations are those of the effects in log expression of one batch, cell type,
    tissue and concept, and of the noise of one cell and gene. `concept_dependency` correlates the
    concepts of a cell through a Wishart covariance; the paper's datasets have it off.
    """

    n_cells: PositiveInt = 20_000
    n_genes: PositiveInt = 5000
    n_types: PositiveInt = 4
    n_tissues: PositiveInt = 3
    n_batches: PositiveInt = 2
    n_concepts: PositiveInt = 5
    std_batch: NonNegativeFinite = 0.06
    std_type: NonNegativeFinite = 0.04
    std_tissue: NonNegativeFinite = 0.05
    std_concept: NonNegativeFinite = 0.08
    std_noise: NonNegativeFinite = 0.01
    concept_dependency: bool = False
    seed: NonNegativeInt = 42


class SyntheticSource(GeneratorSettings):
    """Cells generated with exact counterfactuals, and the held-out questions about them.

    A held-out pair of cell type and concept has at least `min_cells` cells with the concept off,
    with it on, and with it on in other types.
    """

    kind: Literal["synthetic"]
    n_tasks: PositiveInt = 5
    min_cells: PositiveInt = 20
