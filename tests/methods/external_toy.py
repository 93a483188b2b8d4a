"""A toy benchmark task with genes: an additive effect of `stim`, upwards and on some genes only."""

import dataclasses

import numpy as np
from sklearn.decomposition import PCA

from sccbgm.protocol.member import Member
from sccbgm.protocol.method import Job, Runtime
from sccbgm.protocol.task import Cells, Target, Task, TaskData

TYPES = ("a", "b", "c")
EFFECT = np.zeros(40)
EFFECT[:8] = 1.5


def toy_data(
    n_per_group: int = 40,
    seed: int = 0,
    doses: bool = False,
    spread: float = 1.0,
    skewed: bool = False,
) -> TaskData:
    """Three cell types, control and stimulated; stimulated cells of type c are held out.

    With doses, the last concept is soft: 0 control, 0.5 and 1.0 doses, both held out in type c.
    spread: how much the cell types differ. skewed: programmes that are not Gaussian.
    """
    rng = np.random.default_rng(seed)
    levels = (0.0, 0.5, 1.0) if doses else (0.0, 1.0)
    means = 1.75 + spread * rng.uniform(-1.25, 1.25, size=(3, 40))
    kind = np.repeat(np.arange(3), n_per_group * len(levels))
    level = np.tile(np.repeat(levels, n_per_group), 3)
    activity = rng.exponential(size=(len(kind), 6)) if skewed else rng.normal(size=(len(kind), 6))
    programme = activity @ rng.normal(scale=0.25, size=(6, 40))
    noise = rng.normal(scale=0.1, size=(len(kind), 40))
    genes = means[kind] + programme + noise + level[:, None] * EFFECT
    genes = np.maximum(genes, 0).astype(np.float32)
    concepts = np.column_stack([np.eye(3)[kind], level]).astype(np.float32)

    held_out = (kind == 2) & (level > 0)
    pca = PCA(10, random_state=0).fit(genes[~held_out])

    def project(values: np.ndarray) -> np.ndarray:
        return pca.transform(values).astype(np.float32)

    def cells(mask: np.ndarray) -> Cells:
        return Cells(project(genes[mask]), concepts[mask], np.flatnonzero(mask))

    targets = tuple(Target(f"stim{v:g}", (f"c_{v:g}",), {"stim": v}, "c") for v in levels if v > 0)
    labels = np.array([f"{TYPES[k]}_{v:g}" for k, v in zip(kind, level, strict=True)])
    return TaskData(
        task=Task("toy", "c", "label", "c_0", tuple(t.labels[0] for t in targets), targets),
        concept_names=(*TYPES, "stim"),
        hard=np.array([True, True, True, not doses]),
        train=cells(~held_out),
        intervene=cells((kind == 2) & (level == 0)),
        targets={t.id: cells(labels == t.labels[0]) for t in targets},
        train_groups=labels[~held_out],
        train_context=np.array(TYPES)[kind[~held_out]],
        gene_names=tuple(f"g{i}" for i in range(40)),
        genes=lambda rows: genes[rows],
        project=project,
        reconstruct=lambda x: pca.inverse_transform(x).astype(np.float32),
    )


def toy_job(method, preset: str = "recommended", data: TaskData | None = None, **overrides) -> Job:
    """A job of that method on the toy."""
    data = toy_data() if data is None else data
    member = Member("toy", "c", method.id, 13, preset=preset)
    return Job(member, data, method.params(preset, **overrides))


def answered(method, preset: str, **overrides) -> int:
    """How many of two jobs that differ in their seed were computed."""
    job, said = toy_job(method, preset, **overrides), []
    other = dataclasses.replace(job, member=dataclasses.replace(job.member, seed=42))
    fit = method.fit([job, other], Runtime(device="cpu", report=said.append))
    assert [isinstance(answer, dict) for answer in fit.predict("edit")] == [True, True]
    return len(said)


def distance(prediction: np.ndarray, data: TaskData, target: str = "stim1") -> float:
    """Distance of the mean prediction to the mean of the target cells."""
    return float(np.linalg.norm(prediction.mean(0) - data.targets[target].x.mean(0)))


def assert_edits(prediction: np.ndarray, data: TaskData, share: float = 0.5) -> None:
    """The prediction is nearer to the target than `share` times the unedited cells are.

    The effect is one-sided, so an edit in the wrong direction is further away than no edit.
    """
    assert prediction.shape == data.intervene.x.shape
    assert distance(prediction, data) < share * distance(data.intervene.x, data)
