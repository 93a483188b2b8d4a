"""Tables whose rows are variants of one architecture: the paper's 12, 15 and 16.

The variants are named `a01` to `a12` after their place in bottleneck x decoder x loss; `a01` is
scCBGM and `a11` is CBGM, both under their own method's default variant. Bottleneck "CBM" variants
are variants of the method `sccbgm`, "CEM" (concept embedding) variants of `cbgm`.
"""

from __future__ import annotations

from sccbgm.tables.columns import CONCEPT_COUNTS, KANG_SUBTYPES, SYNTHETIC_POOLED
from sccbgm.tables.companions import YARDSTICKS
from sccbgm.tables.rows import SCCBGM
from sccbgm.tables.spec import Row, TableSpec

_LABELS_NOTE = (
    "The row labels of the published table are legible for scCBGM and CBGM only, so that published "
    "values stand next to these two."
)

VARIANTS: tuple[Row, ...] = (
    Row("sccbgm", label="CBM, skip, cross-covariance (scCBGM)", published=("sccbgm", "")),
    Row("sccbgm", variant="a02", label="CBM, skip, cosine"),
    Row("sccbgm", variant="a03", label="CBM, skip, no loss"),
    Row("sccbgm", variant="a04", label="CBM, no skip, cross-covariance"),
    Row("sccbgm", variant="a05", label="CBM, no skip, cosine"),
    Row("sccbgm", variant="a06", label="CBM, no skip, no loss"),
    Row("cbgm", variant="a07", label="CEM, skip, cross-covariance"),
    Row("cbgm", variant="a08", label="CEM, skip, cosine"),
    Row("cbgm", variant="a09", label="CEM, skip, no loss"),
    Row("cbgm", variant="a10", label="CEM, no skip, cross-covariance"),
    Row("cbgm", label="CEM, no skip, cosine (CBGM)", published=("cbgm", "")),
    Row("cbgm", variant="a12", label="CEM, no skip, no loss"),
)

ABLATION_TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        id="table12",
        title="Error of the counterfactual cells against the number of concepts, gene space",
        caption=(
            "Mean squared error between predicted and true counterfactual cells over cells and "
            "log-normalised genes, for synthetic datasets that differ in the number of concepts. "
            "Dominated by counting noise: compare with the controls."
        ),
        metric="mse",
        spread="sd_runs",
        rows=(SCCBGM,),
        columns=CONCEPT_COUNTS,
        controls=YARDSTICKS,
        published="table12.csv",
        digits=5,
    ),
    TableSpec(
        id="table15",
        title="Error of the counterfactual cells by architecture, under annotation noise",
        caption=(
            "Mean squared error between predicted and true counterfactual cells over cells and "
            "log-normalised genes, pooled over datasets, kinds and levels of annotation noise, "
            "interventions and seeds. Clean annotations, which the paper counts at both levels of "
            "noise, count once. Dominated by counting noise: compare with the controls. "
            f"{_LABELS_NOTE}"
        ),
        metric="mse",
        spread="sem_runs",
        rows=tuple(row for row in VARIANTS if "no loss" not in row.label),
        columns=SYNTHETIC_POOLED,
        controls=YARDSTICKS,
        published="table15.csv",
        digits=5,
        descending=True,
        pools=("synthetic_1_genes", "synthetic_2_genes", "synthetic_3_genes"),
    ),
    TableSpec(
        id="table16",
        title="{metric} by architecture on the held-out stimulated subtypes of Kang et al.",
        caption=(f"{{metric}} (see Table 1) of every architecture and subtype. {_LABELS_NOTE}"),
        metric="rmmd",
        spread="sem_seeds",
        rows=VARIANTS,
        columns=KANG_SUBTYPES,
        published="table16.csv",
        mean_title="Mean",
        descending=True,
    ),
)
