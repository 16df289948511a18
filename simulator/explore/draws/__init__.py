"""A run as chance draws it: an internetwork, what happens to it, and how the faults end.

All of it follows from one number. Every step of the scenario language can be drawn; each run draws
from a part of them only, so that no fault hides behind another one that is always there (swarm).
"""

from simulator.explore.draws.drawn_run import DrawnRun, drawn_run, undrawn
from simulator.explore.draws.mix import MIX, DrawnKind

__all__ = ["MIX", "DrawnKind", "DrawnRun", "drawn_run", "undrawn"]
