"""Whether steps at the license server and at systems find what they name: files, roles, trunks."""

from collections.abc import Iterator

from licensing.catalogue import LICENSES, LicenseKind
from licensing.words import Role
from simulator.scenario.diagnostics import Finding, KeyPath
from simulator.scenario.locking_ids import is_locking_id
from simulator.scenario.moments import Instant
from simulator.scenario.rules.facts import NODES, PURCHASE, Facts, FactsRule, unknown
from simulator.scenario.steps.fault_steps import Disk, ReplaceHardware
from simulator.scenario.steps.license_steps import (
    Assign,
    RequestRelicensing,
    Unassign,
    UploadLicenseFile,
)
from simulator.scenario.steps.server_steps import (
    Combine,
    Issue,
    Purchase,
    Rehost,
    ReleaseAgentKey,
    RelicenseByFile,
)
from simulator.scenario.steps.system_steps import Reconfigure, RunWizard

_NEVER_ASSIGNED = ("base", "networking")
_ASSIGNED_TO_NODES = tuple(
    key
    for key, row in LICENSES.items()
    if row.kind is LicenseKind.SYSTEM and key not in _NEVER_ASSIGNED
)


def _orders_are_placed_before_they_are_used(facts: Facts) -> Iterator[Finding]:
    placed: dict[str, KeyPath] = {name: (*PURCHASE, name) for name in facts.orders}
    for path, step in facts.steps_in_time():
        if isinstance(step, Purchase):
            for name in step.orders:
                if name in placed:
                    message = f"the name {name!r} is given to a second order"
                    yield Finding((*path, name), message, other=placed[name], at_key=True)
                elif not step.refused:
                    placed[name] = (*path, name)
        elif (lac := getattr(step, "lac", None)) and lac not in placed:
            yield _unplaced((*path, "lac"), lac, facts, placed)


def _unplaced(path: KeyPath, lac: str, facts: Facts, placed: dict[str, KeyPath]) -> Finding:
    message = f"there is no order {lac!r}"
    if lac in facts.scenario.orders():
        message = f"no step before this one places the order {lac!r}"
    return Finding(path, message, lac, tuple(placed))


def _files_are_made_before_they_are_used(facts: Facts) -> Iterator[Finding]:
    made: dict[str, KeyPath] = {}
    for path, step in facts.steps_in_time():
        if isinstance(step, UploadLicenseFile):
            yield from _unmade((*path, "file"), step.file, made)
        if isinstance(step, Combine):
            for index, file in enumerate(step.files):
                yield from _unmade((*path, "files", index), file, made)
        if isinstance(step, Issue | Combine | Rehost | RelicenseByFile):
            if step.file in made:
                message = f"the name {step.file!r} is given to a second license file"
                yield Finding((*path, "as"), message, other=made[step.file])
            elif not step.refused:
                made[step.file] = (*path, "as")


def _unmade(path: KeyPath, file: str, made: dict[str, KeyPath]) -> Iterator[Finding]:
    if file not in made:
        message = f"no step before this one makes a license file called {file!r}"
        yield Finding(path, message, file, tuple(made))


def _requests_are_made_before_they_are_brought(facts: Facts) -> Iterator[Finding]:
    made: dict[str, KeyPath] = {}
    for path, step in facts.steps_in_time():
        if isinstance(step, RelicenseByFile) and step.request not in made:
            message = f"no step before this one makes a relicensing request called {step.request!r}"
            yield Finding((*path, "request"), message, step.request, tuple(made))
        if isinstance(step, RequestRelicensing):
            if step.request in made:
                message = f"the name {step.request!r} is given to a second relicensing request"
                yield Finding((*path, "as"), message, other=made[step.request])
            elif not step.refused:
                made[step.request] = (*path, "as")


def _locking_ids_of_steps_exist(facts: Facts) -> Iterator[Finding]:
    for path, step in facts.steps():
        if isinstance(step, ReleaseAgentKey) and not is_locking_id(step.system):
            yield from unknown(path, "node", step.system, facts.nodes)
        if isinstance(step, Issue | Combine | Rehost) and not is_locking_id(step.system):
            yield from unknown((*path, "for"), "node", step.system, facts.nodes)
        if isinstance(step, Rehost) and not is_locking_id(step.source):
            yield from unknown((*path, "from"), "node", step.source, facts.nodes)


def _masters_of_the_wizard_are_masters(facts: Facts) -> Iterator[Finding]:
    roles = {name: node.role for name, node in facts.sound_nodes.items()}
    for path, step in facts.steps_in_time():
        if not isinstance(step, RunWizard) or step.refused:
            continue
        if step.master is not None:
            yield from unknown((*path, "master"), "node", step.master, facts.nodes)
            if roles.get(step.master, Role.MASTER) is not Role.MASTER:
                message = f"{step.master} is {roles[step.master]} then, and no master"
                yield Finding((*path, "master"), message)
        roles[step.node] = step.role


def _only_virtual_systems_are_reconfigured(facts: Facts) -> Iterator[Finding]:
    for path, step in facts.steps():
        if not isinstance(step, Reconfigure) or step.node not in facts.sound_nodes:
            continue
        if not facts.sound_nodes[step.node].virtual:
            message = f"{step.node} is not virtual: its Locking ID does not follow from these"
            yield Finding((*path, "node"), message, other=(*NODES, step.node))


def _hardware_is_replaced_by_other_hardware(facts: Facts) -> Iterator[Finding]:
    theirs = {name: node.written_locking_id for name, node in facts.sound_nodes.items()}
    for path, step in facts.steps_in_time():
        if not isinstance(step, ReplaceHardware) or step.node not in theirs:
            continue
        if facts.sound_nodes[step.node].virtual:
            message = f"{step.node} is virtual: its Locking ID is no hardware's; use `reconfigure`"
            yield Finding((*path, "node"), message, other=(*NODES, step.node))
        for name, locking_id in theirs.items():
            if locking_id == step.locking_id:
                yield Finding((*path, "locking_id"), f"{name} has this Locking ID already")
        theirs[step.node] = step.locking_id


def _backups_are_older_than_their_restoring(facts: Facts) -> Iterator[Finding]:
    start = facts.scenario.start
    for path, step in facts.steps():
        if not isinstance(step, Disk) or step.restored_from is None:
            continue
        saved = step.restored_from
        where = (*path, "restored_from")
        if saved.after_ns(start) < 0:
            yield Finding(where, f"{saved} is before the start", other=("start",))
        if isinstance(step.at, Instant) and saved.since_midnight_ns >= step.at.since_midnight_ns:
            yield Finding(where, f"{saved} is not earlier than the step itself")


def _trunks_of_steps_exist(facts: Facts) -> Iterator[Finding]:
    for path, step in facts.steps():
        if isinstance(step, Assign | Unassign) and step.trunk and not facts.damaged_nodes:
            yield from _trunk(facts, path, step)


def _trunk(facts: Facts, path: KeyPath, step: Assign | Unassign) -> Iterator[Finding]:
    nodes = [step.node] if step.node else list(facts.sound_nodes)
    found = [
        (name, trunk)
        for name in nodes
        for trunk in (facts.sound_nodes[name].trunks if name in facts.sound_nodes else ())
    ]
    owners = [(name, trunk) for name, trunk in found if trunk.name == step.trunk]
    if not owners:
        names = tuple(dict.fromkeys(trunk.name for _, trunk in found))
        yield from unknown((*path, "trunk"), "trunk", step.trunk or "", names)
    elif len(owners) > 1:
        choices = " or ".join(f"`node: {name}`" for name, _ in owners)
        yield Finding((*path, "trunk"), f"several nodes have a trunk {step.trunk}: say {choices}")
    elif isinstance(step, Assign) and not step.refused:
        wanted, channels = step.channels or 0, owners[0][1].channels
        if wanted > channels:
            message = f"{step.trunk} has {channels} channels, {wanted} are more"
            yield Finding((*path, "channels"), message)


def _system_licenses_are_assigned_to_nodes(facts: Facts) -> Iterator[Finding]:
    for path, step in facts.steps():
        if not isinstance(step, Assign | Unassign) or not step.node or not step.license:
            continue
        if step.license not in _ASSIGNED_TO_NODES and not step.refused:
            message = f"{LICENSES[step.license].name} is not assigned to a node"
            yield Finding((*path, "license"), message, allowed=_ASSIGNED_TO_NODES)


INSTALLATION_RULES: tuple[FactsRule, ...] = (
    _orders_are_placed_before_they_are_used,
    _files_are_made_before_they_are_used,
    _requests_are_made_before_they_are_brought,
    _locking_ids_of_steps_exist,
    _masters_of_the_wizard_are_masters,
    _only_virtual_systems_are_reconfigured,
    _hardware_is_replaced_by_other_hardware,
    _backups_are_older_than_their_restoring,
    _trunks_of_steps_exist,
    _system_licenses_are_assigned_to_nodes,
)
