"""scCBGM as an object that is fitted to an AnnData and answers with AnnData objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sccbgm.api import answers
from sccbgm.api.concepts import Soft
from sccbgm.api.faults import Fault
from sccbgm.api.files import load
from sccbgm.api.model import Model
from sccbgm.api.training import default_runtime, fit

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData


class ScCBGM:
    """Single-cell concept bottleneck generative model (arXiv 2606.07760).

    concepts: obsm key of the concepts, as of `fit` and `setup_concepts`. soft: which of them are
    continuous. rep: obsm key of components; by default the model makes `n_pcs` principal
    components of the genes of a log-normalised X, and its answers are genes. layer: a layer in
    place of X, or ".raw". counts: these are counts, which the model log-normalises. flow: put a
    flow on top (scCBGM-FM), which is slower and keeps more of the variation of cells. seeds: how
    many models to train, as one stack, or which; several give answers with a spread. device: "auto"
    or PyTorch's name of one.

    model = ScCBGM(adata, seeds=3).fit(epochs=100)
    stimulated = model.intervene({"stim": 1.0}, control)
    """

    def __init__(
        self,
        adata: AnnData,
        concepts: str = "concepts",
        *,
        soft: Soft = (),
        rep: str | None = None,
        layer: str | None = None,
        counts: bool = False,
        n_pcs: int = 128,
        flow: bool = False,
        seeds: int | Sequence[int] = 1,
        device: str = "auto",
    ) -> None:
        self.adata: AnnData | None = adata
        self._settings: dict[str, Any] = {
            "concepts": concepts, "soft": soft, "rep": rep, "layer": layer, "counts": counts,
            "n_pcs": n_pcs, "method": "sccbgm_fm" if flow else "sccbgm",
            "seed": range(seeds) if isinstance(seeds, int) else seeds,
        }  # fmt: skip
        self._device = device
        self._model: Model | None = None

    def fit(self, *, progress: bool = True, **options: Any) -> ScCBGM:
        """Train on the cells.

        options: `validation` and `patience` of `api.fit`, and hyperparameters, such as epochs;
        raises as that does.
        """
        given = self._settings | {"device": self._device, "progress": progress} | options
        self._model = fit(self._cells(None), **given)
        return self

    @property
    def model(self) -> Model:
        """The fitted model. Raises RuntimeError before `fit`."""
        if self._model is None:
            raise RuntimeError("not fitted yet: call fit() first")
        return self._model

    @property
    def history(self) -> pd.DataFrame:
        """Mean loss terms by method, seed and epoch."""
        return self.model.history

    def intervene(
        self, edits: Mapping[str, Any], adata: AnnData | None = None, mode: str | None = None
    ) -> AnnData:
        """The cells (by default those trained on), had their concepts these values.

        See `answers.counterfactual` for what is in the answer. The cells need no annotations.
        """
        return answers.counterfactual(self.model, self._cells(adata), edits, mode)

    def reconstruct(self, adata: AnnData | None = None, mode: str | None = None) -> AnnData:
        """The cells without an edit, to compare edited ones with (`answers.reconstruction`)."""
        return answers.reconstruction(self.model, self._cells(adata), mode)

    def encode(self, adata: AnnData | None = None, seed: int | None = None) -> pd.DataFrame:
        """Predicted concepts and unknown code of the cells, of one seed (by default the first)."""
        return self.model.encode(self._cells(adata), seed)

    def save(self, path: str | Path) -> None:
        """Write the model, without cells, into a folder."""
        self.model.save(path)

    @classmethod
    def load(cls, path: str | Path, adata: AnnData | None = None, device: str = "auto") -> ScCBGM:
        """The model that `save` wrote. adata: cells for later calls that name none."""
        model = load(path, default_runtime(device))
        if model.method.id not in ("sccbgm", "sccbgm_fm"):
            raise Fault(f"{path}: found a model of {model.method.title}; expected scCBGM")
        loaded = cls.__new__(cls)
        loaded.adata, loaded._device, loaded._model = adata, device, model
        loaded._settings = {
            "concepts": model.concepts.key, "rep": model.space.rep, "n_pcs": model.space.n_dims,
            "layer": model.space.source.layer, "counts": model.space.source.target_sum is not None,
            "soft": {c.name: (c.low, c.high) for c in model.concepts.items if not c.hard},
            "method": model.method.id, "seed": model.seeds,
        }  # fmt: skip
        return loaded

    def __repr__(self) -> str:
        if self._model is not None:
            return f"ScCBGM, fitted ({self._model.hash})\n{self._model!r}"
        cells = "no cells" if self.adata is None else f"{self.adata.n_obs} cells"
        return f"ScCBGM, not fitted, on {cells}; concepts in obsm[{self._settings['concepts']!r}]"

    def _cells(self, adata: AnnData | None) -> AnnData:
        cells = self.adata if adata is None else adata
        if cells is None:
            raise Fault("adata: found none; expected the cells to work on")
        return cells
