"""The sections of a dataset file."""

from sccbgm.config.columns import ROLES, Column, Columns, Expected, Preprocess, Subtypes
from sccbgm.config.concepts import Binary, Concept, LogDose, OneHot, Parts, Pathways, Stored
from sccbgm.config.hold_outs import DerivedTasks, HeldOutTasks, InterventionTasks, Pair

__all__ = [
    "ROLES", "Binary", "Column", "Columns", "Concept", "DerivedTasks", "Expected", "HeldOutTasks",
    "InterventionTasks", "LogDose", "OneHot", "Pair", "Parts", "Pathways", "Preprocess", "Stored",
    "Subtypes",
]  # fmt: skip
