"""What is drawn of systems and their subscribers: the Network Wizard, call numbers, calls."""

from collections.abc import Callable, Mapping

from licensing.catalogue import EMERGENCY_NUMBERS
from licensing.policies import MINUTE_NS
from licensing.words import OUTSIDE
from simulator.explore.draws.course import RunCourse, wizard

_TYPES = ("ip-hfa", "ip-sip", "sip")
_EXTERNAL = "0891234567"


def _add_subscriber(course: RunCourse) -> None:
    node, number = course.dice.choice(course.hosts), str(7000 + len(course.steps))
    if course.silent(node) or number in course.numbers:
        return
    kind = course.dice.choice(_TYPES)
    course.numbers[number] = node, kind
    course.soon("add_subscriber", {"node": node, "number": number, "type": kind})
    course.soon("assign", {"number": number, "license": "ip"})
    course.step("unlock", node)


def _delete_subscriber(course: RunCourse) -> None:
    number, (node, _) = course.dice.choice(sorted(course.numbers.items()))
    if not course.silent(node) and len(course.numbers) > len(course.hosts):
        del course.numbers[number]
        course.step("delete_subscriber", number)


def _retype_subscriber(course: RunCourse) -> None:
    number, (node, kind) = course.dice.choice(sorted(course.numbers.items()))
    if kind in _TYPES and not course.silent(node):
        to = course.dice.choice([each for each in _TYPES if each != kind])
        course.numbers[number] = node, to
        course.step("retype_subscriber", {"number": number, "to": to})


def _wizard(course: RunCourse) -> None:
    """It is run once more, or the node leaves and comes back at last."""
    node = course.dice.choice(course.sites.slaves)
    if course.silent(node):
        return
    if course.dice.random() < 0.5:
        course.left.add(node)
        course.step("wizard", {"node": node, "role": "standalone"})
    else:
        course.left.discard(node)
        course.forgotten.discard(node)
        course.step("wizard", {"node": node, "role": "slave", "master": course.master})


def _forget(course: RunCourse) -> None:
    """One that may not answer; rarely its hardware is declared destroyed, and lives."""
    node = course.dice.choice(course.sites.slaves)
    if node not in course.forgotten and (course.cut or course.failed or course.silent(node)):
        course.forgotten.add(node)
        destroyed = {"destroyed": "yes"} if course.dice.random() < 0.2 else {}
        course.step("forget", {"node": node, **destroyed})


def _reconfigure(course: RunCourse) -> None:
    """The Advanced Locking ID of a virtual master changes with its name server's address."""
    if course.sites.virtual and not course.moved:
        course.moved = True
        course.foreign.update(course.hosts)
        course.step("reconfigure", {"node": course.master, "dns_server": "10.0.0.54"})


def _call(course: RunCourse) -> None:
    """Out, within, in, or for help; some last a while."""
    numbers = sorted(course.numbers)
    caller = course.dice.choice([*numbers, *numbers, OUTSIDE])
    to = course.dice.choice([*numbers, _EXTERNAL, *EMERGENCY_NUMBERS])
    if caller == OUTSIDE and to not in course.numbers:
        to = course.dice.choice(numbers)
    if caller == to:
        return
    lasting = {"for": f"{course.dice.randint(1, 90)} min"} if course.dice.random() < 0.5 else {}
    course.step("call", {"from": caller, "to": to, **lasting}, MINUTE_NS)


def _expect(course: RunCourse) -> None:
    """What must hold of a node whose power is off; of all others the oracle knows more."""
    if course.down:
        node = course.dice.choice(sorted(course.down))
        course.step("expect", {"node": node, "state": "down", "display": "dark"}, MINUTE_NS)


SYSTEM_WORK: Mapping[str, Callable[[RunCourse], None]] = {
    "add_subscriber": _add_subscriber,
    "delete_subscriber": _delete_subscriber,
    "retype_subscriber": _retype_subscriber,
    "wizard": _wizard,
    "forget": _forget,
    "reconfigure": _reconfigure,
    "call": _call,
    "expect": _expect,
}


def make_known(course: RunCourse) -> None:
    """The Network Wizard of each node that others may not know any more, the master's first."""
    unknown = course.foreign | course.forgotten | course.left
    for node in sorted(unknown, key=lambda name: (name != course.master, name)):
        course.soon("wizard", wizard(node, course.master))
