"""The keys of a run's file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from sccbgm.config.base import Model, Seed, Slug
from sccbgm.config.places import LocalPath, ResultsFolder
from sccbgm.config.scale import Scale
from sccbgm.config.sweep import Sweep
from sccbgm.protocol.method import Preset

Ids = tuple[Slug, ...]


class ShardConfig(Model):
    """How many tasks and seeds of a dataset one job trains side by side."""

    tasks: PositiveInt = 64
    """Tasks of a job; at most `members_a_job` members of a method that says so, but whole tasks."""
    seeds: PositiveInt = 1
    """Seeds of a job."""


class RuntimeConfig(Model):
    """How to compute; nothing here changes a result beyond float tolerance."""

    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")] = "auto"
    """`auto` takes a GPU where there is one; else `cpu`, `cuda`, `cuda:1`."""
    precision: Literal["auto", "fp32", "tf32", "bf16"] = "auto"
    """Precision of matrix products; `auto` is `tf32` on a GPU, `fp32` elsewhere."""
    threads: PositiveInt = 2
    """CPU threads of a job."""
    checkpoint_minutes: PositiveFloat = 5.0
    """How often a training is saved; less often where saving would take more than 2 % of its
    time."""
    members_at_once: PositiveInt | None = None
    """Models trained side by side, null for as many as fit into memory."""
    jobs_a_gpu: PositiveInt = 1
    """Jobs that compute on one GPU at a time; of several GPUs each job takes a free one. It has no
    meaning for a GPU that a scheduler gave to the job."""
    keep_fits: bool = True
    """`false` removes weights as soon as no job needs them (50 MB a member at the paper's widths);
    a second stage that is added later then trains its first one anew."""


class Places(Model):
    """Where a run's files are looked for."""

    folders: tuple[LocalPath, ...] = ()
    """Where `studies/`, `datasets/` and `methods/` are looked for first, before the folder of the
    run's file and `config` there, in the working directory and in the repository."""


class Config(Places):
    """A study of the benchmark, a file of its own, which is a run by itself."""

    results: ResultsFolder = "results"
    """Folder of everything that the run writes, below the working directory."""
    datasets: Annotated[Ids, Field(min_length=1)]
    """Ids of dataset files."""
    files: dict[str, LocalPath] = {}
    """Dataset id -> a file in the format of the dataset's own, in place of the download; or
    `lookalike` for generated cells; or `published` for the paper's file of a synthetic one."""
    methods: Annotated[Ids, Field(min_length=1)]
    """Ids of methods; the first stage of a two-stage method is trained with it, and evaluated only
    if it is named too."""
    presets: Annotated[tuple[Preset, ...], Field(min_length=1)] = ("recommended",)
    """`recommended`: defects of the authors' reference code are fixed; `reference`: mirrored. A
    method without a `reference` preset is trained once."""
    reference_methods: Ids | None = None
    """Methods that the preset `reference` is for, null for all; the predictions of one without such
    a preset are scored by the reference rules too (populations of fewer than 10 cells are left out
    of rMMD alone)."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] | None = None
    """Seeds, each of which trains every model once; null for those of each dataset's file, or 13,
    42, 1337, 69."""
    shard: ShardConfig = ShardConfig()
    """How much of a dataset one job trains side by side."""
    runtime: RuntimeConfig = RuntimeConfig()
    """How to compute."""
    params: dict[str, Any] = {}
    """Hyperparameters for every method that has them."""
    variants: dict[str, dict[str, dict[str, Any]]] = {}
    """Method id -> name of a variant -> the hyperparameters in which it differs; `default: {}`
    keeps the method's own in the run."""
    sweep: Sweep = Sweep()
    """Grids that become variants."""
    tasks: PositiveInt | None = None
    """So many tasks of every dataset: of real cells the first of each group in turn, of others the
    first; null for all."""
    scale: Scale = Scale()
    """The same study smaller, said so in every result, with results in `<results>_reduced`."""
    metrics: Annotated[Ids, Field(min_length=1)] = ("rmmd", "rfid", "rsd")
    """Ids of metrics, as `sccbgm list metrics` has them; what needs true counterfactuals is left
    out of datasets without them."""
    tables: Ids = ()
    """Ids of tables, as `sccbgm list tables` has them, of datasets and metrics of the run."""
    figures: Ids = ()
    """Ids of figures, as `sccbgm list figures` has them."""
