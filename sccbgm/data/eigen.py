"""Leading eigenpairs of a symmetric matrix that is near one whose eigenpairs are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.linalg

GUARD = 32
MAX_ITERATIONS = 60
NULL = 1e-8
"""Eigenvalues below this share of the largest count as zero."""


def leading_eigenpairs(
    product: Callable[[np.ndarray], np.ndarray],
    diagonal: np.ndarray,
    k: int,
    tolerance: float = 1e-7,
) -> tuple[np.ndarray, np.ndarray]:
    """The k largest eigenvalues, descending, and eigenvectors as columns, of a nearly diagonal A.

    Block Davidson method: Rayleigh-Ritz in a growing subspace that starts with the first k + 32
    unit vectors (with all of them, where there are few); each residual r = A y - theta y adds the
    direction r / (diag(A) - theta). Ends when ||r|| <= tolerance * theta_k for all k pairs, so
    that the error of a vector is at most about tolerance * theta_k over the distance of its
    eigenvalue from the others.

    product: (n, m) -> A times it, (n, m). diagonal: (n,) diagonal of A, in decreasing order or
    nearly so. Raises RuntimeError where it does not converge.

    Source: E. R. Davidson, J. Comput. Phys. 17, 87-94 (1975); R. B. Morgan and D. S. Scott, SIAM
    J. Sci. Stat. Comput. 7, 817-825 (1986).
    """
    n = len(diagonal)
    width = k + GUARD if n > 4 * (k + GUARD) else n
    basis = np.eye(n, width)
    image = product(basis)
    for _ in range(MAX_ITERATIONS):
        values, vectors = scipy.linalg.eigh(basis.T @ image)
        values, vectors = values[::-1], vectors[:, ::-1]
        ritz, ritz_image = basis @ vectors[:, :k], image @ vectors[:, :k]
        residuals = ritz_image - ritz * values[:k]
        smallest = max(values[k - 1], NULL * values[0])
        open_ = np.linalg.norm(residuals, axis=0) > tolerance * smallest
        if not open_.any():
            return values[:k], ritz
        if basis.shape[1] > 3 * width:
            basis, image = basis @ vectors[:, :width], image @ vectors[:, :width]
        gaps = diagonal[:, None] - values[:k][open_]
        gaps[np.abs(gaps) < 1e-3 * smallest] = 1e-3 * smallest
        new = _orthonormal(residuals[:, open_] / gaps, basis)
        basis, image = np.hstack([basis, new]), np.hstack([image, product(new)])
    raise RuntimeError(f"eigenvectors did not converge in {MAX_ITERATIONS} iterations")


def _orthonormal(new: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Orthonormal columns that span what `new` adds to the orthonormal `basis`."""
    new = new / np.linalg.norm(new, axis=0)
    for _ in range(2):  # once is not enough in floating point
        new = scipy.linalg.qr(new - basis @ (basis.T @ new), mode="economic")[0]
    return new
