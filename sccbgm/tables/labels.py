"""Printed names: of methods and controls in the order they are shown, and of metrics."""

from __future__ import annotations

from sccbgm.tables.spec import Row


def _single(method: str, label: str) -> Row:
    return Row(label, method, "edit", published=(method, ""))


def _flow(method: str, label: str, mode: str) -> Row:
    return Row(f"{label} ({mode})", method, mode, published=(method, mode))


SCCBGM = _single("sccbgm", "scCBGM")
SCCBGM_FM_DECODE = _flow("sccbgm_fm", "scCBGM-FM", "decode")
SCCBGM_FM_EDIT = _flow("sccbgm_fm", "scCBGM-FM", "edit")
CBGM = _single("cbgm", "CBGM")
VANILLA_FM_DECODE = _flow("vanilla_fm", "Vanilla-FM", "decode")
VANILLA_FM_EDIT = _flow("vanilla_fm", "Vanilla-FM", "edit")
BIOLORD = _single("biolord", "biolord")
BIOLORD_FM = Row("biolord-FM", "biolord_fm", "decode", published=("biolord_fm", ""))
CINEMA_OT = _single("cinema_ot", "CINEMA-OT")
SCGEN = _single("scgen", "scGen")
CVAE = _single("cvae", "CVAE")
CVAE_FM_DECODE = _flow("cvae_fm", "CVAE-FM", "decode")
CVAE_FM_EDIT = _flow("cvae_fm", "CVAE-FM", "edit")

BENCHMARK_ROWS: tuple[Row, ...] = (
    SCCBGM,
    SCCBGM_FM_DECODE,
    SCCBGM_FM_EDIT,
    CBGM,
    VANILLA_FM_DECODE,
    VANILLA_FM_EDIT,
    BIOLORD,
    BIOLORD_FM,
    CINEMA_OT,
    SCGEN,
    CVAE,
    CVAE_FM_DECODE,
    CVAE_FM_EDIT,
)
"""The 13 lines of the paper's Table 1, in its order."""

OTHER_ROWS: tuple[Row, ...] = (
    Row("scGen (un-logged)", "scgen", variant="counts", published=("scgen", "")),
    Row("scCBGM (AE)", "sccbgm_ae"),
    Row("ConceptFlow (decode)", "conceptflow", "decode"),
    Row("ConceptFlow (edit)", "conceptflow", "edit"),
    Row("PerturbedVAE (edit)", "perturbedvae", "edit"),
    Row("PerturbedVAE (generate)", "perturbedvae", "generate"),
    Row("PerturbedVAE (residual)", "perturbedvae", "residual"),
    Row("VAE (reconstruct)", "vae", "reconstruct"),
)
"""What has a printed name and stands in no benchmark table of the paper.

scGen's published row is from un-logged input, so that its values stand beside both forms.
"""

CONTROL_ROWS: tuple[Row, ...] = (
    Row("No edit", "no_edit"),
    Row("Mean shift", "mean_shift"),
    Row("Closest group", "closest_group"),
    Row("Target cells", "target"),
    Row("Mean of training cells", "mean_training"),
    Row("Mean of intervened cells", "mean_intervened"),
    Row("Nearest stimulated cell", "nearest_stimulated"),
    Row("No edit + true mean shift", "true_shift"),
    Row("Expected counterfactual", "best_possible"),
)
"""Yardsticks: always the last lines of a table, in this order."""

CONTROLS: frozenset[str] = frozenset(row.method for row in CONTROL_ROWS)

METRIC_TITLES: dict[str, str] = {
    "rmmd": "rMMD",
    "rfid": "rFID",
    "rsd": "rSD",
    "mse": "MSE",
    "mse_expected": "MSE against the expected counterfactual",
    "effect_error": "relative error of the mean effect",
    "effect_error_affected": "relative error of the mean effect on the affected genes",
    "effect_missed": "missed share of the mean effect",
    "subtype_accuracy": "subtype accuracy",
}

HIGHER_IS_BETTER: frozenset[str] = frozenset({"subtype_accuracy"})


def metric_title(metric: str) -> str:
    """The printed name of a metric, its id where it has none."""
    return METRIC_TITLES.get(metric, metric)


def row_of(method: str, mode: str, variant: str = "default") -> Row:
    """The known row of a method and mode, or one labelled with the ids, as for a user's method."""
    for row in (*BENCHMARK_ROWS, *OTHER_ROWS, *CONTROL_ROWS):
        if row.key == (method, mode, variant):
            return row
    known = any(row.key == (method, mode, "default") for row in (*BENCHMARK_ROWS, *OTHER_ROWS))
    label = row_of(method, mode).label if known and variant != "default" else method
    if not known and mode != "edit":
        label += f" ({mode})"
    if variant != "default":
        label += f" [{variant}]"
    return Row(label, method, mode, variant)
