"""Where a dataset's cells come from, as the dataset file says it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from sccbgm.config.base import Model
from sccbgm.config.places import LocalPath

NonNegativeFinite = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class FileSource(Model):
    """An AnnData file on this machine."""

    kind: Literal["file"]
    path: LocalPath
    """The h5ad file; a relative path starts in the working directory or beside the `config` folder
    of the file that names it."""


class OSFSource(Model):
    """A member of a zip archive in a project of the Open Science Framework."""

    kind: Literal["osf"]
    archive: str
    """Name of the archive in the project."""
    member: str
    """Path of the h5ad file inside the archive."""
    project: str = "kfqj8"
    """Id of the project; without it the one whose link the paper prints."""
    view_only: str | None = "02cfaddc86da47d5b8fca0577628ddf7"
    """Key of the project's view-only link, null for a public project."""
    base_url: str = "https://api.osf.io/v2"
    """Address of the OSF API, version 2, or of a mirror that answers like it."""


class LookalikeSource(Model):
    """Generated cells with the columns and labels that a dataset file expects of its own file."""

    kind: Literal["lookalike"]
    n_cells: PositiveInt | None = None
    """Number of cells; null for as many as `expected` states, else 10,000."""
    n_genes: PositiveInt | None = None
    """Number of genes; null for as many as `expected` states, else 5,000."""


class GeneratorSettings(Model):
    """Sizes and effects of generated cells (paper, Table 3 and appendix on synthetic data)."""

    n_cells: PositiveInt = 20_000
    """Number of cells."""
    n_genes: PositiveInt = 5000
    """Number of genes."""
    n_types: PositiveInt = 4
    """Number of cell types."""
    n_tissues: PositiveInt = 3
    """Number of tissues."""
    n_batches: PositiveInt = 2
    """Number of batches."""
    n_concepts: PositiveInt = 5
    """Number of concepts."""
    std_batch: NonNegativeFinite = 0.06
    """Standard deviation of the effects of a batch, in log expression."""
    std_type: NonNegativeFinite = 0.04
    """Standard deviation of the effects of a cell type."""
    std_tissue: NonNegativeFinite = 0.05
    """Standard deviation of the effects of a tissue."""
    std_concept: NonNegativeFinite = 0.08
    """Standard deviation of the effects of a concept."""
    std_noise: NonNegativeFinite = 0.01
    """Standard deviation of the noise of one cell and gene."""
    concept_dependency: bool = False
    """Whether the concepts of a cell are correlated, through a Wishart covariance; they are not in
    the paper's datasets."""
    seed: NonNegativeInt = 42
    """Seed of everything that is drawn."""


class SyntheticSource(GeneratorSettings):
    """Cells generated with exact counterfactuals, and the held-out questions about them."""

    kind: Literal["synthetic"]
    n_tasks: PositiveInt = 5
    """Held-out pairs of cell type and concept."""
    min_cells: PositiveInt = 20
    """Cells that such a pair has at least with the concept off, with it on, and with it on in other
    types."""
