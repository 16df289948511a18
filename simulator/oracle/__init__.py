"""Invariants of an internetwork, judged from the journal alone while a run goes on.

These are O0 to O7 and O9, and O10 is told. O8, that all are regular again when all faults have
ended, can only be asked after a run: `explore` does, and no other run is judged by it.
"""

from simulator.oracle.oracle import Oracle
from simulator.oracle.violation import RULES, Violation

__all__ = ["RULES", "Oracle", "Violation"]
