"""What every answer of a plan says first for other tools, and how its numbers are written."""

from typing import Any, Protocol

import msgspec

from simulator.plan.risk.risk_table import RiskSettings

PLAN_FORM_VERSION = 1
_DIGITS = 9


class PlanDocument(msgspec.Struct, kw_only=True):
    """Of which scenario, by which call, and on how many years it rests. Durations in nanoseconds.

    A later version of the product may add fields; where one changes its meaning or goes, the
    version rises.
    """

    version: int
    title: str
    file: str
    repeat: str
    seed: int
    horizon_ns: int
    years: int
    precision: float
    reached: bool


class AskedPlan(msgspec.Struct, frozen=True):
    """Of which scenario, from which file, and by which call."""

    title: str
    file: str
    repeat: str


class DrawnAnswer(Protocol):
    """What was drawn for an answer, and whether it is as exact as was wanted."""

    @property
    def settings(self) -> RiskSettings:
        """What was wanted."""

    @property
    def horizon_ns(self) -> int:
        """Within which an emergency has to begin."""

    @property
    def years(self) -> int:
        """How many were drawn."""

    @property
    def reached(self) -> bool:
        """Whether that was enough."""


def head_of(answer: DrawnAnswer, asked: AskedPlan) -> dict[str, Any]:
    """The fields of `PlanDocument`, by their names."""
    return {
        "version": PLAN_FORM_VERSION,
        "title": asked.title,
        "file": asked.file,
        "repeat": asked.repeat,
        "seed": answer.settings.seed,
        "horizon_ns": answer.horizon_ns,
        "years": answer.years,
        "precision": answer.settings.precision,
        "reached": answer.reached,
    }


def rounded(number: float) -> float:
    """With nine digits, in which all processors agree."""
    return float(f"{number:.{_DIGITS}g}")


def plan_json(document: PlanDocument) -> bytes:
    """Readable, and ended by a line feed."""
    return msgspec.json.format(msgspec.json.encode(document)) + b"\n"


def schema_of(document: type[PlanDocument]) -> dict[str, object]:
    """The JSON Schema of a form."""
    form = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return form | msgspec.json.schema(document)
