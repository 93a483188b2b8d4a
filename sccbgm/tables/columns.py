"""The columns of the published tables: cell groups, subtypes, doses, synthetic datasets."""

from __future__ import annotations

from sccbgm.tables.spec import Column


def _kang(id: str, title: str, *names: str) -> Column:
    return Column(id, title, "kang", "group", names)


def _subtype(id: str, title: str, *names: str) -> Column:
    return Column(id, title, "kang", "task", names)


def _cui(id: str, title: str, *names: str) -> Column:
    return Column(id, title, "cui", "group", names)


def _nault(id: str, title: str, *names: str) -> Column:
    return Column(id, title, "nault", "group", names)


KANG_GROUPS = (
    _kang("b_cells", "B cells"),
    _kang("cd4_t_cells", "T cells (CD4)"),
    _kang("cd8_t_cells", "T cells (CD8)"),
    _kang("fcgr3a_monocytes", "Monocytes (FCGR3A)"),
    _kang("cd14_monocytes", "Monocytes (CD14)"),
    _kang("dendritic_cells", "Dendritic"),
    _kang("nk_cells", "NK cells"),
)

KANG_SUBTYPES = (
    _subtype("b_cells_0", "B cells 0"),
    _subtype("b_cells_1", "B cells 1"),
    _subtype("cd14_monocytes_0", "CD14 0", "cd14_0"),
    _subtype("cd14_monocytes_1", "CD14 1", "cd14_1"),
    _subtype("cd4_t_cells_0", "CD4 0", "cd4_0"),
    _subtype("cd4_t_cells_1", "CD4 1", "cd4_1"),
    _subtype("cd4_t_cells_2", "CD4 2", "cd4_2"),
    _subtype("cd8_t_cells_0", "CD8 0", "cd8_0"),
    _subtype("cd8_t_cells_1", "CD8 1", "cd8_1"),
    _subtype("dendritic_cells_0", "Dendritic 0", "dendritic_0"),
    _subtype("dendritic_cells_1", "Dendritic 1", "dendritic_1"),
    _subtype("fcgr3a_monocytes_0", "FCGR3A 0", "fcgr3a_0"),
    _subtype("fcgr3a_monocytes_1", "FCGR3A 1", "fcgr3a_1"),
    _subtype("nk_cells_0", "NK", "nk_0"),
)

CUI = (
    _cui("gamma_delta_t_cells", "T cells (gamma-delta)", "t_cells"),
    _cui("cd4_t_cells", "T cells (CD4)"),
    _cui("cd8_t_cells", "T cells (CD8)"),
    _cui("cdc2", "Dendritic (cDC2)"),
    _cui("langerhans", "Dendritic (Langerhans)"),
    _cui("macrophages", "Myeloid (macrophages)", "myeloid"),
    _cui("nk_cells", "Lymphoid (NK cells)", "lymphoid"),
)
"""The slug of "T cells (γδ)" is "t_cells", hence that name."""

NAULT = (
    _nault("b_cells", "B cells"),
    _nault("t_cells", "T cells"),
    _nault("hepatocytes_centrilobular", "Hepatocytes (centrilobular)"),
    _nault("endothelial_cells", "Endothelial cells", "endothelial"),
    _nault("stellate_cells", "Stellate cells", "stellate", "stellate_cell"),
    _nault("macrophages", "Macrophages"),
    _nault("hepatocytes_periportal", "Hepatocytes (periportal)"),
)

_TABLE2_IDS = {
    "cui": ("gamma_delta_t_cells", "cd4_t_cells", "cd8_t_cells", "langerhans"),
    "nault": ("hepatocytes_centrilobular", "stellate_cells", "hepatocytes_periportal"),
}
TABLE2_COLUMNS = tuple(c for c in (*CUI, *NAULT) if c.id in _TABLE2_IDS[c.dataset])

SYNTHETIC = tuple(
    Column(f"synthetic_{i}", f"Synthetic {i}", f"synthetic_{i}", "dataset") for i in (1, 2, 3)
)

CONCEPT_COUNTS = tuple(
    Column(f"n_concepts_{k}", f"{k} concepts", dataset, "dataset")
    for k, dataset in (
        (5, "synthetic_1_genes"),
        (20, "concept_size_20"),
        (100, "concept_size_100"),
        (250, "concept_size_250"),
    )
)

SYNTHETIC_POOLED = (Column("all", "All runs", "synthetic_genes", "dataset"),)
"""Everything of the datasets that a table pools under this name."""
