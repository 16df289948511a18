"""What one order at the license server buys, before day 0 or in the timeline, and its own words.

What an order does not say itself, the scenario's `policies` say for it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from licensing.wall_time import date_after
from simulator.scenario.diagnostics import Refused
from simulator.scenario.policies import (
    FailoverPeriod,
    OrderTerms,
    Policies,
    RecoveryWord,
    ScopeWord,
    SeatsWord,
)
from simulator.scenario.step import Part
from simulator.scenario.steps.license_steps import SeatsByLicense
from simulator.scenario.values import Reads, YesOrNo, duration, exact_duration, form_of_text

_BESIDE_LICENSES = "flexible"
"""The one word that stands among the licenses of a short order."""


def _validity(value: object) -> int:
    lasts = duration(value)
    if not lasts:
        raise Refused("an order that is valid for no time buys nothing: leave it out")
    return lasts


class Order(Part):
    """So many of each license, with what holds for them.

    With `flexible: yes` an IP license may stand in for that of another station (domain 2);
    `valid_for` counts from the order (F14); without it there is no end.
    """

    licenses: SeatsByLicense
    """So many of each license; a short order is nothing but these. Example: `licenses: {ip: 5,
    tdm: 10}`"""

    failover_period: FailoverPeriod | None = None
    """As under `policies`, for this order. Example: `failover_period: 75 min`"""

    recovery: RecoveryWord | None = None
    """As under `policies`, for this order. Example: `recovery: resume`"""

    seats: SeatsWord | None = None
    """As under `policies`, for this order. Example: `seats: reclaim`"""

    expiry_scope: ScopeWord | None = None
    """As under `policies`, for this order. Example: `expiry_scope: internetwork`"""

    valid_for: Annotated[int, Reads(_validity, form_of_text("90 days"), exact_duration)] | None = (
        None
    )
    """Its licenses end so long after the order (F14); without it they never do. Example:
    `valid_for: 90 days`"""

    flexible: YesOrNo = False
    """Whether IP licenses may stand in for those of other stations. Example: `flexible: yes`"""

    @property
    def has_terms(self) -> bool:
        """Whether it has a word of its own for one of them."""
        own = (self.failover_period, self.recovery, self.seats, self.expiry_scope)
        return any(word is not None for word in own)

    def terms(self, policies: Policies) -> OrderTerms:
        """Those under which it is ordered: its own word for each, or that of the policies."""
        return OrderTerms(
            failover_period_ns=self.failover_period or policies.failover_period,
            recovery=self.recovery or policies.recovery,
            seats_bound_s=policies.seats if self.seats is None else self.seats,
            expiry_scope=self.expiry_scope or policies.expiry_scope,
        )

    def valid_until(self, ordered: datetime) -> datetime | None:
        """When the licenses end that are ordered then; None is never."""
        if self.valid_for is None:
            return None
        return date_after(ordered, self.valid_for)

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, data: object) -> object:
        """A short order is its licenses, and `flexible` beside them."""
        if not isinstance(data, Mapping) or "licenses" in data:
            return data
        for key in data:
            if key in cls.model_fields and key != _BESIDE_LICENSES:
                example = f"`{{licenses: {{ip: 1}}, {key}: ...}}`"
                raise Refused(f"an order with its own `{key}` says `licenses` too: {example}")
        further = {key: value for key, value in data.items() if key == _BESIDE_LICENSES}
        return {"licenses": {k: v for k, v in data.items() if k not in further}, **further}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        reference = super().__get_pydantic_json_schema__(schema, handler)
        form = handler.resolve_ref_schema(reference)
        whole = {key: form.pop(key) for key in list(form) if key not in ("title", "description")}
        fields = whole["properties"]
        licenses = fields["licenses"]["properties"]
        short = whole | {"properties": {**licenses, _BESIDE_LICENSES: fields[_BESIDE_LICENSES]}}
        short.pop("required")
        form |= {"anyOf": [whole, short | {"minProperties": 1}]}
        return reference
