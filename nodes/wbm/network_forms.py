"""The forms of the internetwork: the Network Wizard, and the nodes that the master knows (F16)."""

from licensing.enrolment import ForgetNode, Forgotten
from licensing.errors import LicensingError
from licensing.messages import Enrol
from licensing.words import Role, counted
from nodes.administration import Wizard, WizardDone
from nodes.profiles import Right
from nodes.system import CommunicationSystem
from nodes.wbm.form import WbmForm
from runtime.pages.entries import Entries
from runtime.pages.rendering import instant
from runtime.pages.site import Notice

WIZARD_PATH = "/network-wizard"
NODES_PAGE = "/nodes"
FORGET_PAGE = "/nodes/forget"
_ANSWERS = {"yes": True, "no": False}


async def _wizard(system: CommunicationSystem, entries: Entries) -> Notice:
    role = entries.one("role")
    if role not in (Role.MASTER, Role.SLAVE):
        raise LicensingError(
            "request-malformed", reason="neither master nor slave was chosen", field="role"
        )
    wizard = Wizard(
        role=Role(role),
        master_address=entries.one("master_address"),
        trust_new_key=bool(entries.one("trust_new_key")),
    )
    return _told_of(system, await system.wizard(wizard))


async def _leave(system: CommunicationSystem, _: Entries) -> Notice:
    return _told_of(system, await system.wizard(Wizard(role=Role.STANDALONE)))


def _told_of(system: CommunicationSystem, done: WizardDone) -> Notice:
    member = system.books.membership
    if not done.changed:
        effect = "Nothing was changed: role and master are as before."
    elif member.role is Role.STANDALONE:
        effect = "This node has left the internetwork and is standalone."
    else:
        effect = (
            f"This node is now {member.role.value}; the central CLA is at {member.master_address}."
        )
    if done.failure:
        effect += f" It is kept and tried again, but not reached yet: {done.failure}."
    return Notice(f"{effect} {done.advice}".strip(), warning=bool(done.advice or done.failure))


async def _enrol(system: CommunicationSystem, entries: Entries) -> Notice:
    node, key = entries.one("node").strip(), entries.one("public_key").strip()
    answer = _ANSWERS.get(entries.one("destroyed"))
    request = Enrol(node=node, public_key=key, destroyed=answer)
    if (await system.activation.enrol(request)).seen:
        return Notice(f"{node} is known to the central CLA.")
    asked = [each for each in (await system.activation.nodes()).unknown if each.node == node]
    another = f" {node} has asked with another key: {asked[0].fingerprint}." if asked else ""
    return Notice(
        f"{node} is enrolled, but not seen yet: no node has asked by this name and key.{another} "
        "Compare both with the Network Wizard of the node; the page Nodes shows when it comes.",
        warning=True,
    )


async def _forget(system: CommunicationSystem, entries: Entries) -> Notice:
    node, destroyed = entries.one("node"), _ANSWERS.get(entries.one("destroyed"))
    if destroyed is None:
        raise LicensingError("request-malformed", reason="say whether its hardware is destroyed")
    order = ForgetNode(node=node, destroyed=destroyed)
    return Notice(f"{node} is forgotten. {_freed(await system.activation.forget(order))}")


def _freed(forgotten: Forgotten) -> str:
    if not forgotten.seats:
        return "It held no license."
    licenses = counted(sum(forgotten.seats.values()), "license")
    if forgotten.free_at is None:
        return f"Free at once: {licenses}."
    return f"Reserved until {instant(forgotten.free_at)}: {licenses}."


NETWORK_FORMS = (
    WbmForm(WIZARD_PATH, WIZARD_PATH, Right.NETWORK, _wizard, field="master_address"),
    WbmForm("/network-wizard/enrol", WIZARD_PATH, Right.NETWORK, _enrol, field="public_key"),
    WbmForm(
        "/network-wizard/leave", "/network-wizard/leave", Right.NETWORK, _leave, after=WIZARD_PATH
    ),
    WbmForm(FORGET_PAGE, FORGET_PAGE, Right.NETWORK, _forget, after=NODES_PAGE),
)
