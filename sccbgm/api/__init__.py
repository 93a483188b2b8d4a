"""The front door: fit a model to an AnnData, set concepts, get counterfactual cells.

model = sccbgm.ScCBGM(adata, concepts="concepts").fit()
stimulated = model.intervene({"stim": 1.0}, control)

`ScCBGM` answers with AnnData objects. `fit` and `load` give a `Model`, whose answers are arrays
and which can be any of the package's own methods.
"""

from sccbgm.api.answers import counterfactual
from sccbgm.api.estimator import ScCBGM
from sccbgm.api.evaluation import evaluate
from sccbgm.api.faults import Fault, TrainingError
from sccbgm.api.files import load
from sccbgm.api.model import Model
from sccbgm.api.setup import setup_concepts
from sccbgm.api.training import fit

__all__ = [
    "Fault",
    "Model",
    "ScCBGM",
    "TrainingError",
    "counterfactual",
    "evaluate",
    "fit",
    "load",
    "setup_concepts",
]
