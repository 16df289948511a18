"""Whether the parts of a scenario fit each other: names, numbers, licenses, ports, times.

Each rule is a generator of findings over `Facts`; the table at the end is the list of rules.
"""

from collections.abc import Iterator

from licensing.catalogue import MODELS, SUBSCRIBER_TYPES
from licensing.sizes import MOST_SUBSCRIBERS, MOST_TRUNKS
from licensing.words import Role
from simulator.scenario.diagnostics import Finding, KeyPath
from simulator.scenario.rules.facts import NODES, Facts, FactsRule, repeated
from simulator.scenario.rules.license_rules import licenses_suit_the_subscribers
from simulator.scenario.rules.network_rules import NETWORK_RULES
from simulator.scenario.rules.reliability_rules import RELIABILITY_RULES
from simulator.scenario.rules.step_rules import STEP_RULES

_SOFTSWITCH = "S"


def broken_rules(facts: Facts) -> list[Finding]:
    """Everything that forbids to play the scenario."""
    return [finding for rule in _RULES for finding in rule(facts)]


def _one_master(facts: Facts) -> Iterator[Finding]:
    """Manual 4.4: slaves need a master; standalone systems need none."""
    masters = [name for name, node in facts.sound_nodes.items() if node.role is Role.MASTER]
    slaves = [name for name, node in facts.sound_nodes.items() if node.role is Role.SLAVE]
    if not facts.nodes:
        yield Finding(NODES, "there is no node")
    if slaves and not masters and not facts.damaged_nodes:
        message = "no node is the master: an internetwork with slaves needs exactly one"
        yield Finding(NODES, message)
    for second in masters[1:]:
        message = f"{masters[0]} and {second} are both master: an internetwork has exactly one"
        yield Finding((*NODES, second, "role"), message, other=(*NODES, masters[0], "role"))


def _only_software_is_virtual(facts: Facts) -> Iterator[Finding]:
    for name, node in facts.sound_nodes.items():
        if node.virtual and node.model != _SOFTSWITCH:
            message = f"{MODELS[node.model].name} is hardware: only an S can be virtual"
            yield Finding((*NODES, name, "virtual"), message, at_key=True)
        if node.virtual and node.locking_id:
            message = "a virtual S has an Advanced Locking ID: leave `locking_id` out"
            path = (*NODES, name, "locking_id")
            yield Finding(path, message, other=(*NODES, name, "virtual"))


def _locking_ids_differ(facts: Facts) -> Iterator[Finding]:
    yield from repeated(
        (
            (node.written_locking_id, (*NODES, name, "virtual" if node.virtual else "locking_id"))
            for name, node in facts.sound_nodes.items()
        ),
        "the Locking ID {} belongs to two nodes",
    )


def _numbers_belong_to_one_subscriber(facts: Facts) -> Iterator[Finding]:
    owners: dict[str, KeyPath] = {}
    for path, group in facts.groups():
        reported: set[KeyPath] = set()
        for number in group.numbers:
            owner = owners.get(number)
            if owner is None:
                owners[number] = path
            elif owner not in reported:
                reported.add(owner)
                message = f"the number {number} belongs to a subscriber of {owner[2]} already"
                yield Finding((*path, "numbers"), message, other=(*owner, "numbers"))


def _nodes_are_not_too_large(facts: Facts) -> Iterator[Finding]:
    for name, node in facts.sound_nodes.items():
        subscribers, trunks = len(node.numbers()), len(node.trunks)
        if subscribers > MOST_SUBSCRIBERS:
            message = f"a node has at most {MOST_SUBSCRIBERS:,} subscribers, not {subscribers:,}"
            yield Finding((*NODES, name, "subscribers"), message)
        if trunks > MOST_TRUNKS:
            message = f"a node has at most {MOST_TRUNKS:,} trunks, not {trunks:,}"
            yield Finding((*NODES, name, "trunks"), message)


def _numbers_are_no_emergency_numbers(facts: Facts) -> Iterator[Finding]:
    for path, group in facts.groups():
        for number in group.numbers:
            if number in facts.dialed_in_emergency:
                message = f"{number} is an emergency number: no subscriber may have it"
                yield Finding((*path, "numbers"), message)


def _attendants_are_subscribers(facts: Facts) -> Iterator[Finding]:
    for name, node in facts.sound_nodes.items():
        if node.attendant and node.attendant not in node.numbers():
            message = f"the attendant {node.attendant} is no subscriber of {name}"
            path = (*NODES, name, "attendant")
            yield Finding(path, message, node.attendant, node.numbers())


def _models_have_the_ports(facts: Facts) -> Iterator[Finding]:
    for name, node in facts.sound_nodes.items():
        model = MODELS[node.model]
        for index, group in enumerate(node.subscribers):
            if group.type in model.lacks_subscriber_types:
                message = f"{model.name} has no port for {SUBSCRIBER_TYPES[group.type].name}s"
                allowed = tuple(
                    t for t in SUBSCRIBER_TYPES if t not in model.lacks_subscriber_types
                )
                path = (*NODES, name, "subscribers", index, "type")
                yield Finding(path, message, allowed=allowed)
        for index, trunk in enumerate(node.trunks):
            if trunk.kind in model.lacks_trunk_kinds:
                message = f"{model.name} has no port for {trunk.kind} trunks"
                yield Finding((*NODES, name, "trunks", index, "kind"), message)


def _trunks_are_told_apart(facts: Facts) -> Iterator[Finding]:
    for name, node in facts.sound_nodes.items():
        path = (*NODES, name, "trunks")
        names = ((trunk.name, (*path, index, "name")) for index, trunk in enumerate(node.trunks))
        yield from repeated(names, f"two trunks of {name} are called {{!r}}")
        for index, trunk in enumerate(node.trunks):
            if trunk.demanded > trunk.channels:
                message = f"{trunk.name} has {trunk.channels} channels, {trunk.demanded} licensed"
                yield Finding((*path, index, "licensed"), f"{message} are more")


_RULES: tuple[FactsRule, ...] = (
    _one_master,
    _only_software_is_virtual,
    _locking_ids_differ,
    *NETWORK_RULES,
    _nodes_are_not_too_large,
    _numbers_belong_to_one_subscriber,
    _numbers_are_no_emergency_numbers,
    _attendants_are_subscribers,
    _models_have_the_ports,
    _trunks_are_told_apart,
    licenses_suit_the_subscribers,
    *RELIABILITY_RULES,
    *STEP_RULES,
)
