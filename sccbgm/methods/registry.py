"""The methods of the benchmark, by id. Importing this module imports none of them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

from sccbgm.protocol.method import Method

METHODS: dict[str, str] = {
    "no_edit": "sccbgm.methods.controls:NoEdit",
    "mean_shift": "sccbgm.methods.controls:MeanShift",
    "closest_group": "sccbgm.methods.controls:ClosestGroup",
    "target": "sccbgm.methods.controls:TargetItself",
    "mean_training": "sccbgm.methods.yardsticks:MeanTraining",
    "mean_intervened": "sccbgm.methods.yardsticks:MeanIntervened",
    "nearest_stimulated": "sccbgm.methods.yardsticks:NearestStimulated",
    "true_shift": "sccbgm.methods.yardsticks:TrueShift",
    "best_possible": "sccbgm.methods.yardsticks:BestPossible",
    "constant_mean": "sccbgm.methods.adversaries:ConstantMean",
    "zero_variance": "sccbgm.methods.adversaries:ZeroVariance",
    "overdispersed": "sccbgm.methods.adversaries:Overdispersed",
    "log1p_twice": "sccbgm.methods.adversaries:Log1pTwice",
    "shuffled_cells": "sccbgm.methods.adversaries:ShuffledCells",
    "shuffled_genes": "sccbgm.methods.adversaries:ShuffledGenes",
    "other_type": "sccbgm.methods.adversaries:OtherType",
    "half_copied": "sccbgm.methods.adversaries:HalfCopied",
    "ridge": "sccbgm.methods.rivals:RidgeOnConcepts",
    "latent_additive": "sccbgm.methods.rivals:LatentAdditive",
    "knn_shift": "sccbgm.methods.rivals:NeighbourShift",
    "ot_map": "sccbgm.methods.rivals:TransportMap",
    "sccbgm": "sccbgm.methods.sccbgm:ScCBGM",
    "vanilla_fm": "sccbgm.methods.vanilla_fm:VanillaFM",
    "sccbgm_fm": "sccbgm.methods.sccbgm_fm:ScCBGMFM",
    "sccbgm_ae": "sccbgm.methods.sccbgm_ae:ScCBGMAE",
    "cbgm": "sccbgm.methods.cbgm:CBGM",
    "cvae": "sccbgm.methods.cvae:CVAE",
    "vae": "sccbgm.methods.cvae:VAE",
    "cvae_fm": "sccbgm.methods.cvae_fm:CVAEFM",
    "conceptflow": "sccbgm.methods.conceptflow:ConceptFlowMethod",
    "perturbedvae": "sccbgm.methods.perturbedvae:PerturbedVAEMethod",
    "biolord": "sccbgm.methods.biolord:Biolord",
    "biolord_fm": "sccbgm.methods.biolord_fm:BiolordFM",
    "cinema_ot": "sccbgm.methods.cinema_ot:CinemaOT",
    "scgen": "sccbgm.methods.scgen:ScGen",
}
"""Method id -> "module:class"."""


def get(method_id: str) -> Method:
    """The registered method of that id. Raises KeyError, naming the known ids."""
    if method_id not in METHODS:
        raise KeyError(f"unknown method {method_id!r}; known methods: {', '.join(METHODS)}")
    module, name = METHODS[method_id].split(":")
    return getattr(importlib.import_module(module), name)()


def from_file(path: Path) -> Method:
    """The one `Method` subclass that a user's Python file defines; it may import modules beside it.

    Raises ValueError if the file defines none or several, and what the file itself raises.
    """
    # Under a name of its own, where dataclasses look it up: a user's file can be called `torch.py`
    name = f"sccbgm_user_method_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError("not a Python file (.py)")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    beside = str(path.resolve().parent)
    if beside not in sys.path:
        sys.path.append(beside)  # last, so that it hides no package
    spec.loader.exec_module(module)
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Method) and value.__module__ == name
    ]
    if len(classes) != 1:
        found = ", ".join(cls.__name__ for cls in classes) or "none"
        raise ValueError(f"expected one subclass of Method, found {found}")
    return classes[0]()
