"""What an attacker has to reckon with: the cells, and the sums that bind them to each other.

Cells are numbered once; everything here is an array over those numbers. Values are integers
(grams, cents): only a solver works with fractions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Cells = NDArray[np.int32]
Amounts = NDArray[np.int64]
Flags = NDArray[np.bool_]

NOT_KNOWN = -1
OUTSIDER = 0


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """Who puts what into each cell, totals included: arrays of one length, sorted by cell.

    One row for each cell, group, other group, agency, waiver and publicity.

    Attributes:
        group: Number of the enterprise group; -1 not known: all of those in a cell are one group.
        other: Number of the group at the other end of the movement; the same where there is none.
        agency: Number of the agencies that know it; -1 none.
        value: Net sum.
        magnitude: Sum of the absolute values.
    """

    cell: Cells
    group: Cells
    other: Cells
    agency: Cells
    is_waived: Flags
    is_public: Flags
    value: Amounts
    magnitude: Amounts


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """The cells and their relations.

    A change `y` of the cells is conceivable to somebody who sees nothing but the relations
    if `relations @ y == 0` and `-room <= y <= room`. The prior is that everybody knows each
    value within 100 percent: room is the sum of the absolute contributions.

    Attributes:
        value: Net value of each cell, shape (n,).
        room: Shape (n,); equals value where no contribution is negative.
        relations: Shape (m, n), entries 1, -1 and 0: the children of a cell minus the cell, by one
            dimension; or one side of a mirror minus the other.
        parent: Shape (m,): the cell that the others of a relation add up to; -1 for mirrors.
        axis: Shape (m,): number of the dimension along which a relation adds; -1 for mirrors.
            A cell is parent at most once for each axis.
        ends: Contributions by enterprise group, once for each end of a movement.
        agencies: Shape (agencies, numbers in contributions): which of them each number stands for.
        overlaps: Shape (cells of tables, further cells): which of the further cells, which are
            never published, each cell of a table is the sum of. Each of them holds the loads that
            stand in the same finest cells; their numbers follow those of the tables.
    """

    value: Amounts
    room: Amounts
    relations: csr_array
    parent: Cells
    axis: Cells
    ends: tuple[Contributions, ...]
    agencies: Flags
    overlaps: csr_array

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self.value)

    @property
    def hidden(self) -> Flags:
        """Say which cells are never published."""
        return np.arange(self.size) >= self.overlaps.shape[0]


@dataclass(frozen=True, slots=True, eq=False)
class Attacker:
    """Somebody who knows some contributions beforehand.

    Attributes:
        name: For reports of the office: "outsider", "contributor 17", "agency 2", "public".
        cells: The cells that it knows something of, ascending.
        own: How much of their room it knows, above 0.
        groups: Numbers of the enterprise groups whose contributions it knows.
        agencies: Numbers in contributions that stand for agencies whose records it knows.
        knows_public: Whether it knows what will be public.
    """

    name: str
    cells: Cells
    own: Amounts
    groups: tuple[int, ...] = ()
    agencies: tuple[int, ...] = ()
    knows_public: bool = False

    def room(self, system: System) -> Amounts:
        """Return how far each cell may move in the attacker's eyes."""
        room = system.room.copy()
        room[self.cells] -= self.own
        return room


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that must stay uncertain: the sum of some suppressed cells.

    Attributes:
        cells: Ascending; one cell, or several whose sum is known or sensitive.
        level: It must be conceivable that the sum is this much larger, and this much smaller.
        attacker: Number of the attacker, 0 for the outsider.
    """

    cells: tuple[int, ...]
    level: int
    attacker: int = OUTSIDER


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """A conceivable change that no published figure would show; so is its opposite.

    Attributes:
        cells: The cells that move, ascending; all suppressed.
        moves: By how much, in units of 1 / scale.
        scale: Common denominator, 1 or more.
    """

    cells: Cells
    moves: Amounts
    scale: int = 1
