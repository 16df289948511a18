"""Invariants of an internetwork, judged from the journal alone while a run goes on (O1 to O10)."""

from simulator.oracle.oracle import Oracle
from simulator.oracle.violation import RULES, Violation

__all__ = ["RULES", "Oracle", "Violation"]
