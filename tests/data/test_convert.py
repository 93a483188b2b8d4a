"""Files of repositories and of R as one h5ad."""

from __future__ import annotations

import gzip
from pathlib import Path

import anndata
import cells
import numpy as np
import pandas as pd
import pytest
from scipy import io, sparse

from sccbgm.cli import main
from sccbgm.data.convert import ConversionError, Parts, convert
from sccbgm.data.preprocess import preprocess


def written(folder: Path, file: anndata.AnnData, table: pd.DataFrame, transposed=True) -> Parts:
    """The file's first and second half as two 10x matrices, as GEO has the Kang cells."""
    half = file.n_obs // 2
    paths = {"matrices": [], "barcodes": []}
    for i, part in enumerate((file[:half], file[half:])):
        # The wells of both lanes have the same barcodes.
        names = "\n".join(f"AAAC{j:04d}-1" for j in range(part.n_obs)) + "\n"
        paths["barcodes"].append(folder / f"barcodes_{i}.tsv.gz")
        paths["barcodes"][-1].write_bytes(gzip.compress(names.encode()))
        paths["matrices"].append(folder / f"matrix_{i}.mtx")
        matrix = sparse.coo_matrix(part.X).astype(int)
        io.mmwrite(paths["matrices"][-1], matrix.T if transposed else matrix)
    genes = folder / "genes.tsv"
    genes.write_text("".join(f"ENSG{j}\t{name}\n" for j, name in enumerate(file.var_names)))
    table_path = folder / "cells.tsv.gz"
    rows = table.to_csv(sep="\t", header=False).encode()
    table_path.write_bytes(gzip.compress("\t".join(table.columns).encode() + b"\n" + rows))
    return Parts(tuple(paths["matrices"]), tuple(paths["barcodes"]), genes, table_path)


def geo(file: anndata.AnnData) -> pd.DataFrame:
    """The table of cells of GEO's series: names with a number where a barcode occurs again."""
    half = file.n_obs // 2
    names = [f"AAAC{j:04d}-1" for j in range(half)]
    names += [f"AAAC{j:04d}-1" + ("1" if j < half else "") for j in range(file.n_obs - half)]
    table = file.obs[["cell", "stim"]].astype(object).set_axis(names)
    table["multiplets"] = np.where(np.arange(file.n_obs) % 10 == 3, "doublet", "singlet")
    table.iloc[5, 0] = np.nan
    return table


@pytest.mark.parametrize("transposed", [True, False])
def test_the_kang_cells_of_geo(tmp_path, transposed):
    file = cells.kang(times=20)
    table = geo(file)
    parts = written(tmp_path, file, table, transposed)
    made = convert(parts, {"multiplets": "singlet"}, ["cell"])
    kept = ((table["multiplets"] == "singlet") & table["cell"].notna()).to_numpy()
    assert made.n_obs == kept.sum() and made.obs_names.is_unique
    assert (made.X != file[kept].X).nnz == 0
    assert list(made.var_names) == list(file.var_names)
    assert list(made.obs["cell"]) == list(file.obs["cell"][kept])


def test_the_command_writes_what_a_dataset_file_reads(tmp_path, capsys):
    file = cells.kang(times=20)
    file.obs["kind"] = file.obs["L2"].astype(str)
    table = geo(file).assign(kind=file.obs["kind"].to_numpy())
    parts = written(tmp_path, file, table)
    out = tmp_path / "kang.h5ad"
    arguments = ["convert", str(out), "--genes", str(parts.genes), "--cells", str(parts.cells)]
    arguments += ["--matrix", *map(str, parts.matrices), "--barcodes", *map(str, parts.barcodes)]
    assert main([*arguments, "--require", "cell", "--rename", "kind=L2"]) == 0
    config = cells.changed(cells.shipped("kang"), n_pcs=5)
    clean = preprocess(anndata.read_h5ad(out), config)
    typed = table["cell"].notna() & (table["cell"] != "Megakaryocytes")
    assert clean.n_obs == typed.sum()
    assert main([*arguments, "--keep", "multiplet=singlet"]) == 1
    assert "no columns ['multiplet']; it has ['cell'," in capsys.readouterr().err


def test_a_table_of_the_portal_is_matched_by_name(tmp_path):
    file = cells.nault(times=2)
    counts = sparse.csr_matrix(np.rint(file.X * 10))
    io.mmwrite(tmp_path / "matrix.mtx", counts.T)
    (tmp_path / "barcodes.tsv").write_text("\n".join(file.obs_names) + "\n")
    (tmp_path / "genes.tsv").write_text("\n".join(file.var_names) + "\n")
    rows = file.obs[["cell_type__ontology_label", "dose"]].astype(str)[::-1][:50]
    lines = ["NAME\tcell_type__ontology_label\tdose", "TYPE\tgroup\tnumeric"]
    lines += [
        "\t".join([name, *row]) for name, row in zip(rows.index, rows.to_numpy(), strict=True)
    ]
    (tmp_path / "meta.txt").write_text("\n".join(lines) + "\n")
    paths = [tmp_path / name for name in ("matrix.mtx", "barcodes.tsv", "genes.tsv", "meta.txt")]
    made = convert(Parts((paths[0],), (paths[1],), paths[2], paths[3]))
    assert list(made.obs_names) == list(rows.index)
    of_file = counts[file.obs_names.get_indexer(rows.index)]
    assert abs(made.X - of_file).sum() == 0
    assert list(made.obs["dose"].astype(float)) == list(rows["dose"].astype(float))


def test_files_that_do_not_belong_together_are_named(tmp_path):
    file = cells.kang(times=4)
    table = geo(file)
    parts = written(tmp_path, file, table)
    shifted = written(tmp_path, file, table[::-1])
    with pytest.raises(ConversionError, match=r"cells.tsv.gz: \d+ rows .* neither by name"):
        convert(shifted)
    written(tmp_path, file, table)
    (tmp_path / "genes.tsv").write_text("a\nb\n")
    with pytest.raises(ConversionError, match=r"matrix_0.mtx: found 40 x \d+; expected 2 genes"):
        convert(parts)
    parts.matrices[0].write_text("nothing")
    with pytest.raises(ConversionError, match="no Matrix Market file"):
        convert(parts)
    with pytest.raises(ConversionError, match="2 matrices and 1 files"):
        convert(Parts(parts.matrices, parts.barcodes[:1], parts.genes, parts.cells))
