"""What a technician has done before day 0: everything up, ordered, configured and enrolled.

The world does it from the scenario file (scenario.md, Words), through the same operations.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from msgspec import UNSET

from license_server.administration import (
    CUSTOMER_PATH,
    ORDER_PATH,
    VERIFICATION_KEY_PATH,
    Customer,
    OrderedLac,
    PlaceOrder,
    PublishedKey,
)
from licensing.enrolment import ENROL_PATH
from licensing.errors import LicensingError
from licensing.messages import Enrol, Enrolled
from licensing.policies import NS_PER_SECOND
from licensing.wall_time import date_after
from licensing.words import CLA_PROGRAM, CLS_PROGRAM, NODE_PROGRAM, ExpiryScope, Role
from nodes.administration import State, Wizard, WizardDone
from simulator.loop.failures import ProgramDied
from simulator.scenario import INTERNET, Order, Scenario
from simulator.worlds.admin_client import AdminClient
from simulator.worlds.world import World


async def prepare(scenario: Scenario, world: World, admin: AdminClient) -> dict[str, str]:
    """Prepare `world`; returns the LAC that the license server made for each order's name.

    Raises `ProgramDied` where a program does not do what begins every run.
    """
    lacs = await _order(scenario, world, admin)
    installation = world.installation
    for name in scenario.internetwork.nodes:
        await world.start(name)
    for agent in installation.agents:
        await admin.ready(agent, CLA_PROGRAM)
    for name in scenario.internetwork.nodes:
        await admin.ready(name, NODE_PROGRAM)
    await world.sleep_until_ns(0)
    members = {
        name: node.role
        for name, node in scenario.internetwork.nodes.items()
        if node.role is not Role.STANDALONE  # that is what every system is without the wizard
    }
    for name, role in members.items():
        with _required_of(name):
            await run_wizard(world, admin, name, role, installation.agent_of(name))
    await _first_sessions(members, world, admin)
    return lacs


@contextmanager
def _required_of(node: str) -> Iterator[None]:
    try:
        yield
    except LicensingError as error:
        said = f"{error.message} {error.hint}"
        raise ProgramDied(f"{node} cannot be prepared, as every run begins: {said}") from error


async def run_wizard(
    world: World,
    admin: AdminClient,
    node: str,
    role: Role,
    agent: str,
    *,
    destroyed: bool | None = None,
) -> bool:
    """Make a node what `role` says, and enrol its key at the CLA on the host `agent`.

    `destroyed` is the answer where that CLA knows another key (F16). At the CLA on its own host a
    node enrols itself. Returns whether anything may be new: role or CLA, or that it is let in.
    """
    address = world.installation.agent_address(node, agent)
    wizard = Wizard(role=role, master_address=address, trust_new_key=True)
    done = await admin.tell(node, NODE_PROGRAM, "/v1/wizard", wizard, WizardDone)
    if agent == node:
        return done.changed
    is_refused = not done.changed and await _is_refused(admin, node)
    enrol = Enrol(node=node, public_key=done.public_key, destroyed=destroyed)
    enrolled = await admin.tell(agent, CLA_PROGRAM, ENROL_PATH, enrol, Enrolled)
    return done.changed or is_refused or not enrolled.seen


async def _is_refused(admin: AdminClient, node: str) -> bool:
    return bool((await admin.ask(node, NODE_PROGRAM, "/v1/state", State)).refusal)


async def _order(scenario: Scenario, world: World, admin: AdminClient) -> dict[str, str]:
    await world.start(INTERNET)
    await admin.ready(INTERNET, CLS_PROGRAM)
    published = await admin.ask(INTERNET, CLS_PROGRAM, VERIFICATION_KEY_PATH, PublishedKey)
    world.trust(published.verification_key)
    if customer := world.installation.customer:
        await admin.tell(INTERNET, CLS_PROGRAM, CUSTOMER_PATH, customer, Customer)
    orders = scenario.internetwork.purchase.items()
    return {name: await place_order(order, scenario, world, admin) for name, order in orders}


async def place_order(order: Order, scenario: Scenario, world: World, admin: AdminClient) -> str:
    """Order now, for the customer of the run; returns the LAC that the license server made."""
    customer = world.installation.customer
    ordered = date_after(scenario.start, max(0, world.now_ns()))
    terms = order.terms(scenario.policies)
    request = PlaceOrder(
        licenses=order.licenses,
        failover_period_s=terms.failover_period_ns // NS_PER_SECOND,
        recovery=terms.recovery,
        reserved_at_most_s=terms.seats_bound_s,
        expiry_scope=UNSET if terms.expiry_scope is ExpiryScope.NODE else terms.expiry_scope,
        flexible=order.flexible,
        valid_until=order.valid_until(ordered),
        customer=customer.name if customer else "",
    )
    return (await admin.tell(INTERNET, CLS_PROGRAM, ORDER_PATH, request, OrderedLac)).lac


async def _first_sessions(names: Iterable[str], world: World, admin: AdminClient) -> None:
    """Wait for the nodes' first sessions, but not for a node that no link leads to."""
    until_ns = world.now_ns() + round(world.first_sessions_s * NS_PER_SECOND)
    for name in names:
        while world.now_ns() < until_ns:
            with _required_of(name):
                connected = await _is_connected(name, world, admin)
            if connected:
                break
            await asyncio.sleep(world.poll_s)


async def _is_connected(name: str, world: World, admin: AdminClient) -> bool:
    """A question takes longer than a look at the journal, where that tells at once."""
    if world.tells_at_once and name not in world.welcomed:
        return False
    return (await admin.ask(name, NODE_PROGRAM, "/v1/state", State)).connected
