"""How long a node waits before it dials the central CLA again (domain.md 5, Timing)."""

from licensing.policies import TIMING


def backoff_ns(failures: int, rest_ns: int | None, chance: float) -> int:
    """The pause after `failures` (>= 1) dialings in a row that failed.

    From 2 min doubling to 30 min; `chance` (0 to 1) takes off up to a quarter, so that nodes do not
    dial in step (A11). Never more than 1/8 of `rest_ns`, the rest of the period, and never under
    2 min: a heal at least 5 min before the deadline always ends regular.
    """
    doubled_ns = TIMING.shortest_backoff_ns << min(failures - 1, 16)
    pause_ns = min(doubled_ns, TIMING.longest_backoff_ns)
    pause_ns -= round(pause_ns * chance / 4)
    if rest_ns is not None:
        pause_ns = min(pause_ns, rest_ns // TIMING.backoff_share_of_rest)
    return max(pause_ns, TIMING.shortest_backoff_ns)
