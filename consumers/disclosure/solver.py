"""The solver of linear programmes, HiGHS, as disclosure control uses it.

One thread and no time limits: what it answers depends on nothing but the question and its options.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

import highspy
import numpy as np
from highspy._core import _Highs  # the public class greets on standard output, and has no types
from numpy.typing import NDArray
from scipy.sparse import csc_array

from schemas.errors import FatalError

Floats = NDArray[np.float64]
Options = Mapping[str, bool | int | float | str]


class SolverError(FatalError):
    """The solver ended without an answer, which proves nothing."""


def opened(
    columns: csc_array,
    cost: Floats,
    lower: Floats,
    upper: Floats,
    options: Options,
    *,
    maximises: bool = False,
) -> _Highs:
    """Return a solver that holds a model whose rows are all equal to 0.

    Args:
        columns: Shape (m, k), integers.
        cost: Shape (k,).
        lower: Shape (k,), the least value of each column.
        upper: Shape (k,), the largest.
        options: Of the solver, beside silence and one thread.
        maximises: Whether the cost is what there shall be most of.

    Raises:
        SolverError: It refuses the model or an option.
    """
    solver = _Highs()
    for name, value in {"output_flag": False, "threads": 1, **options}.items():
        expect_ok(solver.setOptionValue(name, value))
    expect_ok(solver.passModel(_model(columns, cost, lower, upper, maximises=maximises)))
    return solver


def expect_ok(status: highspy.HighsStatus) -> None:
    """Refuse an error: the solver says it for arguments that it refuses, and goes on as it was.

    Raises:
        SolverError: It is one.
    """
    if status == highspy.HighsStatus.kError:
        raise SolverError("the solver refused a change of a linear programme")


def settled(solver: _Highs, answers: Container[highspy.HighsModelStatus]) -> highspy.HighsModelStatus:
    """Go on from the last basis, or start anew where that gives none of some answers, and return it.

    Raises:
        SolverError: There is none of them.
    """
    solver.run()
    if solver.getModelStatus() not in answers:
        solver.clearSolver()
        solver.run()
    status = solver.getModelStatus()
    if status not in answers:
        raise SolverError(f"the solver ended with status {solver.modelStatusToString(status)}")
    return status


def _model(
    columns: csc_array, cost: Floats, lower: Floats, upper: Floats, *, maximises: bool
) -> highspy.HighsLp:
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = columns.shape
    if maximises:
        model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_, model.col_lower_, model.col_upper_ = cost, lower, upper
    model.row_lower_ = model.row_upper_ = np.zeros(columns.shape[0])
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = columns.indptr.astype(np.int32)
    model.a_matrix_.index_ = columns.indices.astype(np.int32)
    model.a_matrix_.value_ = columns.data.astype(np.float64)
    return model
