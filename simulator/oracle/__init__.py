"""Invariants of an internetwork, judged from the journal alone while a run goes on.

These are O0 to O7 and O9; over-use is stated as a fact (O10). O8, that all are regular again when
all faults have ended, can only be asked after a run: `explore` does, and nothing else.
"""

from simulator.oracle.oracle import Oracle
from simulator.oracle.violation import RULES, Violation

__all__ = ["RULES", "Oracle", "Violation"]
