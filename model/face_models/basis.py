"""Checks the basis of a face model, and brings its columns to unit length.

Statismo 0.9, and so the Basel Face Model 2017 and 2019, stores columns of unit length; Statismo 0.8
stores each column times its standard deviation. Not every file says which version wrote it, so the
lengths (norms) of the columns decide.
"""

import os

import numpy as np

from model.face_model_contents import Pca
from model.face_models.checks import PartNames

# float16 files are off by 6e-4; a basis that was cropped or scaled is off by much more.
_TOLERANCE = 0.01
# Cropping shortens columns. If they are off by more than this factor, nobody can say any more in
# which of the two layouts they were stored.
_MENDABLE = 10.0
# Norms and deviations below this share of the largest one count as 0.
_ZERO = 1e-6
_REMEDY = "; `python -m model.face_models convert FILE OUTPUT --orthonormalize` mends that"


def checked_pca(
    path: str | os.PathLike,
    names: PartNames,
    mean: np.ndarray,
    basis: np.ndarray,
    variance: np.ndarray,
    orthonormal: bool = True,
) -> tuple[Pca, list[str]]:
    """Makes a part of a face model of its arrays.

    Args:
      path: the file, for messages.
      names: what the file calls the arrays, for messages.
      mean: float32 [3N].
      basis: float32 [3N, K], in either layout.
      variance: float32 [K], the eigenvalues.
      orthonormal: whether to refuse a basis whose columns are not orthonormal. If not, the columns
        are read in the layout that they are nearer to, and the result has basis * sqrt(variance)
        for its modes, whatever their angles and lengths.

    Returns:
      The part, without components that are 0 throughout, and a sentence for each repair.

    Raises:
      ValueError: a variance is negative, the columns fit neither layout, or they are oblique.
    """
    if np.any(variance < 0):
        worst = int(np.argmin(variance))
        raise ValueError(
            f"{path}: {names.variance}[{worst}] is {variance[worst]:g}; a variance cannot be "
            "negative"
        )
    basis, variance, repairs = _without_zeros(names, basis, variance)
    basis, more = _unit_columns(path, names, basis, variance, orthonormal)
    if orthonormal:
        _check_orthogonal(path, names, basis)
    return Pca(mean.reshape(-1, 3), basis, variance), repairs + more


def _without_zeros(names, basis, variance):
    """Leaves out components that are 0 throughout: they have no direction."""
    norms, deviations = _norms(basis), np.sqrt(variance)
    alive = (norms > _ZERO * norms.max()) | (deviations > _ZERO * deviations.max())
    if alive.all() or not alive.any():
        return basis, variance, []
    repair = f"{np.sum(~alive)} of {len(alive)} components of {names.basis} are 0 and were left out"
    return np.ascontiguousarray(basis[:, alive]), variance[alive], [repair]


def _unit_columns(path, names, basis, variance, exact):
    """Undoes the scaling by deviations, if there is one; returns the basis and the repairs."""
    norms, deviations = _norms(basis), np.sqrt(variance.astype(np.float64))
    from_unit, from_scaled = _apart(norms, 1.0), _apart(norms, deviations)
    if from_unit <= _TOLERANCE:
        return basis, []
    if from_scaled <= _TOLERANCE:
        return basis / np.float32(norms), [
            f"the columns of {names.basis} are scaled by their deviations, as Statismo 0.8 stores "
            "them; they were normalized"
        ]
    mendable = min(from_unit, from_scaled) < _MENDABLE - 1
    if exact or not mendable:
        raise ValueError(f"{path}: {_misfit(names, norms, deviations, mendable)}")
    if from_unit <= from_scaled:
        return basis, []
    return basis / np.float32(deviations), [
        f"the columns of {names.basis} were read as scaled by their deviations, from which their "
        f"norms are off by a factor of at most {1 + from_scaled:.3g}"
    ]


def _norms(basis):
    """The lengths float64 [K] of columns [M, K]."""
    return np.sqrt(np.einsum("mk,mk->k", basis, basis, dtype=np.float64))


def _apart(norms, expected):
    """By which factor norms [K] are off from what is expected, at worst: 0 if they agree."""
    with np.errstate(divide="ignore"):
        return float(np.expm1(np.abs(np.log(norms) - np.log(expected)).max()))


def _misfit(names, norms, deviations, mendable):
    worst = int(np.argmax(np.abs(np.log(np.maximum(norms, 1e-30)))))
    text = (
        f"column {worst} of {names.basis} has norm {norms[worst]:.4g}, which is neither 1 (columns "
        f"of unit length) nor {deviations[worst]:.4g} (columns times the deviations, the roots of "
        f"{names.variance}): the basis is not orthonormal; its norms are {norms.min():.4g} to "
        f"{norms.max():.4g}, the deviations {deviations.min():.4g} to {deviations.max():.4g}"
    )
    if mendable:
        return text + _REMEDY
    return f"{text}; the two arrays are not of one model, or not in one unit"


def _check_orthogonal(path, names, basis):
    off = np.abs(basis.T @ basis)
    np.fill_diagonal(off, 0.0)
    row, column = np.unravel_index(np.argmax(off), off.shape)
    if off[row, column] > _TOLERANCE:
        raise ValueError(
            f"{path}: columns {min(row, column)} and {max(row, column)} of {names.basis} have the "
            f"inner product {off[row, column]:.4g}, not 0: the basis is not orthogonal{_REMEDY}"
        )
