"""How much one node may ask for: more than people ever tick, less than would fill a disk.

Pure. What a demand may name at once is checked where it comes in (`master_cla.sessions`).
"""

from licensing.errors import LicensingError
from licensing.policies import DAY_NS
from licensing.sizes import SEATS_A_DAY


class Allowance:
    """What a node has named lately; it recovers steadily, all of it within a day.

    Starts anew with the program: it guards the disk against what goes on and on.
    """

    def __init__(self) -> None:
        self._named = 0
        self._at_ns = 0

    def spend(self, seats: int, now_ns: int) -> None:
        """A demand names `seats`; raises `demands-excessive` where that is too much by now."""
        recovered = (now_ns - self._at_ns) * SEATS_A_DAY // DAY_NS
        named = max(0, self._named - recovered) + max(1, seats)
        if named > SEATS_A_DAY:
            raise LicensingError("demands-excessive", limit=SEATS_A_DAY)
        self._named, self._at_ns = named, now_ns
