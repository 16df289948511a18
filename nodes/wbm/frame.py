"""What every page of the WBM shows around its own content: status, alarms, the way to the master.

The same is sent to pages that are open, whenever it changes.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from licensing.addresses import with_port, without_port
from licensing.enrolment import CountedNode, EnrolledNodes, UnknownNode
from licensing.errors import LicensingError
from licensing.license_table import LicenseTable
from licensing.policies import NS_PER_SECOND
from licensing.wall_time import utc_of
from licensing.words import NodeState, Role
from nodes.administration import State
from nodes.failover.machine import ACTIVATION_PERIOD_NS
from nodes.system import CommunicationSystem
from nodes.wbm import words
from nodes.wbm.alarms import Alarm, Own, alarms, worst_first
from runtime.host import Host
from runtime.http import url_of
from runtime.pages.rendering import Rendering

CLA_PATIENCE_S = 5.0
"""A page waits for the CLA of its host for so long."""
_NOBODY = EnrolledNodes(nodes=[], unknown=[])


@dataclass(frozen=True, slots=True)
class Framed:
    """What there is to show now.

    `nodes` are those that the CLA of this host counts, the worst first, `unknown` who has asked it
    in vain; `silence` is why it counts nothing, "" where it does or is not asked. `period_end` is
    when the running period ends, None where none runs, and `period_s` is how long it is in all.
    `master_url` is where the master's WBM is, without a path; "" where there is no other master.
    """

    state: State
    alarms: list[Alarm]
    nodes: list[CountedNode]
    unknown: list[UnknownNode]
    relicensing_required: bool
    silence: str
    rest_s: int
    period_end: datetime | None
    period_s: int
    master_url: str

    @property
    def columns(self) -> list[CountedNode]:
        """The nodes beside each other: this one first, the others by their names."""
        return sorted(self.nodes, key=lambda each: (each.node != self.state.node, each.node))


class Frame:
    """Of the WBM of one node."""

    def __init__(self, host: Host, system: CommunicationSystem, rendering: Rendering) -> None:
        self._host = host
        self._system = system
        self._rendering = rendering

    async def now(self) -> Framed:
        """Ask the node, and the CLA of this host."""
        state = await self._system.state()
        known, silence = await self._known(state.role)
        rest_s, period_end = self._period(state)
        period = words.until(period_end, rest_s) if period_end else ""
        own = Own(state.node, state.role, state.state, period)
        return Framed(
            state=state,
            alarms=alarms(own, known, silence),
            nodes=worst_first(known.nodes),
            unknown=known.unknown,
            relicensing_required=known.relicensing_required,
            silence=silence,
            rest_s=rest_s,
            period_end=period_end,
            period_s=self._period_s(),
            master_url=self._master_url(),
        )

    async def parts(self) -> Mapping[str, str]:
        """What changes on pages that are open: pieces of them, by the names of their places."""
        framed = await self.now()
        parts = {
            "status": self._part("status", framed.state, framed.alarms, words),
            "alarms": self._part("alarms", framed.alarms),
            "rest": self._part("rest", framed, words),
        }
        if framed.nodes:
            parts["nodes"] = self._part("nodes", framed.nodes, words)
            table, _ = await self.license_table()
            if table:
                parts["licenses"] = self._part("licenses", table, framed.columns)
        return parts

    async def license_table(self) -> tuple[LicenseTable | None, str]:
        """The CLA's own count where this node may ask for it, and why there is none."""
        if self._system.books.membership.role is Role.SLAVE:
            return None, ""
        try:
            async with asyncio.timeout(CLA_PATIENCE_S):
                return await self._system.activation.license_table(), ""
        except LicensingError as error:
            return None, error.message
        except TimeoutError:
            return None, _UNANSWERED

    async def _known(self, role: Role) -> tuple[EnrolledNodes, str]:
        if role is Role.SLAVE or not self._system.settings.has_agent:
            return _NOBODY, ""
        try:
            async with asyncio.timeout(CLA_PATIENCE_S):
                return await self._system.activation.nodes(), ""
        except LicensingError as error:
            return _NOBODY, f"{error.message} {error.hint}"
        except TimeoutError:
            return _NOBODY, _UNANSWERED

    def _period(self, state: State) -> tuple[int, datetime | None]:
        """What is left of a period that runs out, in seconds, and when it ends."""
        rest_ns = max(0, self._system.books.status.rest_ns)
        if not words.STATUS_WORDS[state.state].period:
            return rest_ns // NS_PER_SECOND, None
        return rest_ns // NS_PER_SECOND, utc_of(self._host.clock.wall_ns() + rest_ns)

    def _period_s(self) -> int:
        if self._system.books.status.state is NodeState.ACTIVATION_PERIOD:
            return ACTIVATION_PERIOD_NS // NS_PER_SECOND
        return self._system.licensing.information().failover_period_s

    def _master_url(self) -> str:
        member = self._system.books.membership
        if member.role is not Role.SLAVE:
            return ""
        address = with_port(without_port(member.master_address), self._system.settings.port)
        return url_of(self._host, address, "")

    def _part(self, name: str, *shown: object) -> str:
        return str(self._rendering.macro("frame.html", name)(*shown))


_UNANSWERED = f"It has not answered within {CLA_PATIENCE_S:.0f} seconds."
