"""Combining and rehosting: no license is ever usable under two Locking IDs."""

import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest
from asking import REGISTRATION, AskingAgent
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from machine import LOCKING_ID, OTHER_LOCKING_ID, Machine
from searches import FOR_A_PLANTED_BUG
from vendor import PURCHASE

from license_server.administration import Combine, Rehost
from license_server.issuance import RegisteredSystem
from license_server.moves import Presented, combination, rehosting
from license_server.operations import LicenseServer
from license_server.signed_requests import carried
from license_server.store import ServerStore
from licensing.agent_requests import answer_in
from licensing.errors import LicensingError
from licensing.events import IssueRefused, LicenseFileMoved
from licensing.messages import ActivateAtServer

ADVANCED = "ALI-0K3M-7PQ2-XXYZ-1234-ABCD"
THIRD = "00-1A-E8-4C-00-03"
LOCKING_IDS = [LOCKING_ID, OTHER_LOCKING_ID, THIRD, ADVANCED]
CUSTOMERS = ["", "A", "B"]


def done(operation: Coroutine[Any, Any, Any]) -> Any:
    """The result of an operation, none of which waits for anything."""
    with pytest.raises(StopIteration) as end:
        operation.send(None)
    return end.value.value


class Desk:
    """A license server without sockets, on a real database."""

    def __init__(self, directory: Path) -> None:
        self.machine = Machine(directory)
        self.store = ServerStore(self.machine.host)
        self.server = LicenseServer(self.machine.host, self.store)
        with self.store.transaction():
            for name in CUSTOMERS[1:]:
                self.store.add_customer(name, "")

    def order(self, customer: str = "", **licenses: int) -> str:
        """A LAC."""
        bought = licenses or {"base": 1, "ip": 10}
        purchase = msgspec.structs.replace(PURCHASE, licenses=bought, customer=customer)
        return done(self.server.order(purchase)).lac

    def activate(self, lac: str, locking_id: str, customer: str = "") -> str:
        """The document for a LAC."""
        request = ActivateAtServer(lac=lac, locking_id=locking_id, registration=REGISTRATION)
        return done(self.server.activate(request, customer)).license_file

    def node(self, locking_id: str, customer: str = "", **licenses: int) -> str:
        """The document of a system that bought these licenses."""
        return self.activate(self.order(customer, **licenses), locking_id)

    def reissue(self, locking_id: str, epoch: int) -> str:
        """The document of the next epoch."""
        agent = AskingAgent(locking_id)
        newest = self.store.system(locking_id).newest
        agent.license_file = self.store.document(newest.serial) if newest else ""
        issued = done(carried(self.server, agent.relicensing(epoch)))
        answer = answer_in(issued.answer, self.server.signing_key.verification_key)
        assert answer
        return answer.license_file

    def combine(self, documents: list[str], locking_id: str, customer: str = "") -> str:
        """The document of the network license file."""
        request = Combine(license_files=documents, locking_id=locking_id)
        return done(self.server.combine(request, customer)).license_file

    def rehost(self, old: str, new: str, customer: str = "") -> str:
        """The document for the new Locking ID."""
        request = Rehost(locking_id=old, new_locking_id=new)
        return done(self.server.rehost(request, customer)).license_file

    def refuses(self, code: str, operation: Any, *given: Any) -> None:
        """Assert that the operation is refused, and leaves nothing behind but that fact."""
        before = self.store.state()
        with pytest.raises(LicensingError) as refusal:
            operation(*given)
        assert refusal.value.code == code
        assert self.store.state() == before
        fact = self.machine.facts[-1]
        assert isinstance(fact, IssueRefused)
        assert fact.code == code


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk whose books are new."""
    return Desk(tmp_path)


def test_combining_adds_up_the_licenses_of_the_nodes_in_one_file(desk):
    """Manual 4.4: one network license file, bound to the master; of base licenses it has one."""
    documents = [
        desk.node(LOCKING_ID, base=1, ip=40),
        desk.node(OTHER_LOCKING_ID, base=1, ip=8, tdm=12),
        desk.node(THIRD, base=1, networking=2),
    ]
    file = desk.server.read(desk.combine(documents, LOCKING_ID))
    assert file.licenses == {"base": 1, "ip": 48, "tdm": 12, "networking": 2}
    assert (file.locking_id, file.serial, file.epoch) == (LOCKING_ID, 4, 1)
    assert desk.machine.facts[-2] == LicenseFileMoved(
        how="combined", sources=[OTHER_LOCKING_ID, THIRD], locking_id=LOCKING_ID, serial=4
    )


def test_the_sources_give_up_their_files(desk):
    """Neither activation, nor an add-on, nor relicensing: their own error, for each."""
    lac = desk.order()
    documents = [desk.activate(lac, LOCKING_ID), desk.node(OTHER_LOCKING_ID)]
    desk.combine(documents, OTHER_LOCKING_ID)
    for operation, given in (
        (desk.activate, (lac, LOCKING_ID)),
        (desk.activate, (desk.order(), LOCKING_ID)),
        (desk.reissue, (LOCKING_ID, 1)),
        (desk.rehost, (LOCKING_ID, THIRD)),
        (desk.combine, ([documents[0], desk.node(THIRD)], THIRD)),
    ):
        desk.refuses("license-file-given-up", operation, *given)


def test_combining_twice_hands_out_the_same_file(desk):
    """A double click, a lost answer: nothing is counted twice, nothing is issued twice."""
    documents = [desk.node(LOCKING_ID), desk.node(OTHER_LOCKING_ID)]
    combined = desk.combine(documents, LOCKING_ID)
    assert desk.combine(documents, LOCKING_ID) == combined
    assert desk.combine([documents[1]], LOCKING_ID) == combined
    desk.refuses("license-file-given-up", desk.combine, [documents[1], desk.node(THIRD)], THIRD)


def test_only_the_newest_file_of_a_node_can_be_combined(desk):
    """An older file may lack licenses, so the error names its number."""
    old, other = desk.node(LOCKING_ID), desk.node(OTHER_LOCKING_ID)
    desk.node(LOCKING_ID)
    desk.refuses("license-file-superseded", desk.combine, [old, other], OTHER_LOCKING_ID)
    desk.refuses("license-file-superseded", desk.combine, [old, other], LOCKING_ID)


def test_what_this_server_did_not_sign_is_not_combined(desk, tmp_path):
    """Another server's file, and rubbish."""
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other")
    other.machine.dice.token(1)
    with other.store.transaction() as database:
        database.execute("UPDATE signing_key SET secret = ?", [bytes(32)])
    other = ServerStore(other.machine.host)
    foreign = LicenseServer(desk.machine.host, other)
    lac = done(foreign.order(PURCHASE)).lac
    request = ActivateAtServer(lac=lac, locking_id=THIRD, registration=REGISTRATION)
    document = done(foreign.activate(request)).license_file
    own = desk.node(LOCKING_ID)
    for given in (document, "\x00PNG"):
        desk.refuses("license-file-invalid", desk.combine, [own, given], LOCKING_ID)


def test_one_node_alone_is_not_combined(desk):
    """Its own file only, given twice, or for a Locking ID that has none."""
    own = desk.node(LOCKING_ID)
    for documents, target in (([own, own], LOCKING_ID), ([own], THIRD), ([], LOCKING_ID)):
        desk.refuses("combine-too-few", desk.combine, documents, target)


def test_the_master_may_be_a_system_that_never_had_a_file(desk):
    """It takes over the registration, and learns the newest epoch of the nodes."""
    documents = [desk.node(LOCKING_ID), desk.node(OTHER_LOCKING_ID)]
    documents[1] = desk.reissue(OTHER_LOCKING_ID, 1)
    file = desk.server.read(desk.combine(documents, ADVANCED))
    assert (file.epoch, file.company) == (2, REGISTRATION.company)
    assert desk.server.read(desk.reissue(ADVANCED, 2)).epoch == 3


def test_combining_is_no_relicensing(desk):
    """F4: the target's epoch goes on, whatever its new members had."""
    documents = [desk.node(LOCKING_ID), desk.node(OTHER_LOCKING_ID)]
    documents[1] = desk.reissue(OTHER_LOCKING_ID, 1)
    assert desk.server.read(desk.combine(documents, LOCKING_ID)).epoch == 1


def test_a_rehosted_file_is_bound_to_the_new_locking_id(desk):
    """Also to an Advanced Locking ID; the same LAC leads to it there, and nowhere else."""
    lac = desk.order(base=1, ip=7)
    desk.activate(lac, LOCKING_ID)
    desk.reissue(LOCKING_ID, 1)
    document = desk.rehost(LOCKING_ID, ADVANCED.lower())
    file = desk.server.read(document)
    assert (file.locking_id, file.epoch, file.licenses) == (ADVANCED, 2, {"base": 1, "ip": 7})
    assert desk.activate(lac, ADVANCED) == document
    assert desk.rehost(LOCKING_ID, ADVANCED) == document
    desk.refuses("license-file-given-up", desk.activate, lac, LOCKING_ID)
    desk.refuses("license-file-given-up", desk.rehost, LOCKING_ID, THIRD)


def test_a_file_may_come_back_to_where_it_was(desk):
    """A configuration value was changed and changed back: the epoch never falls."""
    desk.node(LOCKING_ID)
    desk.rehost(LOCKING_ID, ADVANCED)
    desk.reissue(ADVANCED, 1)
    file = desk.server.read(desk.rehost(ADVANCED, LOCKING_ID))
    assert (file.epoch, file.serial) == (2, 4)
    assert desk.store.system(LOCKING_ID).in_force
    desk.refuses("license-file-given-up", desk.reissue, ADVANCED, 2)


def test_rehosting_needs_a_file_and_a_free_locking_id(desk):
    """Nothing to move, nowhere to move it, or nowhere else."""
    desk.node(LOCKING_ID)
    desk.node(OTHER_LOCKING_ID)
    desk.refuses("locking-id-unregistered", desk.rehost, THIRD, ADVANCED)
    desk.refuses("locking-id-in-use", desk.rehost, LOCKING_ID, OTHER_LOCKING_ID)
    desk.refuses("locking-id-in-use", desk.rehost, LOCKING_ID, LOCKING_ID)
    desk.refuses("locking-id-malformed", desk.rehost, LOCKING_ID, "my server")


def test_customers_move_what_is_theirs_and_learn_of_nothing_else(desk):
    """A stranger's file, and one that never was, get the same answer; licenses never mix."""
    own, foreign = desk.node(LOCKING_ID, "A"), desk.node(OTHER_LOCKING_ID, "B")
    desk.refuses("locking-id-not-yours", desk.rehost, OTHER_LOCKING_ID, THIRD, "A")
    desk.refuses("locking-id-not-yours", desk.rehost, ADVANCED, THIRD, "A")
    desk.refuses("locking-id-not-yours", desk.combine, [own, foreign], LOCKING_ID, "A")
    for customer in ("A", ""):
        desk.refuses("locking-id-foreign", desk.combine, [own], OTHER_LOCKING_ID, customer)
    desk.refuses("locking-id-foreign", desk.combine, [own, foreign], THIRD)
    desk.rehost(LOCKING_ID, THIRD, "A")
    desk.refuses("locking-id-foreign", desk.rehost, OTHER_LOCKING_ID, LOCKING_ID, "B")


def test_an_order_is_activated_by_whoever_has_its_lac_but_not_by_another_customer(desk):
    """An order of nobody becomes the customer's; a Locking ID's licenses have one owner."""
    lac = desk.order()
    desk.activate(lac, LOCKING_ID, "A")
    assert [order.lac for order in desk.server.holdings("A").orders] == [lac]
    desk.refuses("lac-unknown", desk.activate, lac, LOCKING_ID, "B")
    desk.refuses("lac-unknown", desk.activate, desk.order("A"), THIRD, "B")
    for customer in ("B", ""):
        desk.refuses("locking-id-foreign", desk.activate, desk.order(customer), LOCKING_ID)
    assert desk.server.holdings("B").systems == []


def test_a_customer_claims_a_system_with_a_lac_that_it_has_activated(desk):
    """A Locking ID alone could be guessed; what came to it from others is the customer's, too."""
    before, old, moved = desk.order(), desk.order(), desk.order()
    desk.activate(before, LOCKING_ID)
    desk.rehost(LOCKING_ID, THIRD)
    desk.rehost(THIRD, ADVANCED)
    document = desk.combine([desk.activate(old, OTHER_LOCKING_ID)], ADVANCED)
    add_on = desk.order("A", ip=5)
    for lac, customer in ((add_on, "A"), (add_on, ""), (moved, "A")):
        desk.refuses("locking-id-unclaimed", desk.activate, lac, ADVANCED, customer)
    assert desk.activate(old, ADVANCED, "A") == document
    assert {order.lac for order in desk.server.holdings("A").orders} == {before, old, add_on}
    assert len(desk.server.holdings("A").systems) == 4
    expanded = desk.server.read(desk.activate(add_on, ADVANCED, "A"))
    assert expanded.licenses == {"base": 1, "ip": 25}
    desk.refuses("lac-unknown", desk.activate, old, ADVANCED, "B")
    desk.rehost(ADVANCED, LOCKING_ID, "A")


class Offices(RuleBasedStateMachine):
    """Any sequence of orders, activations, moves and relicensings, by anybody."""

    lacs, documents = Bundle("lacs"), Bundle("documents")
    locking_ids, customers = st.sampled_from(LOCKING_IDS), st.sampled_from(CUSTOMERS)

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self.desk = Desk(Path(self._directory.name))
        self.epochs: dict[str, int] = {}

    def teardown(self) -> None:
        """Give the disk back."""
        self.desk.store.close()
        self._directory.cleanup()

    def issued(self, operation: Any, *given: Any) -> Any:
        """A document that is the newest of its Locking ID, or none for a refusal."""
        try:
            document = operation(*given)
        except LicensingError:
            return multiple()
        file = self.desk.server.read(document)
        assert file == self.desk.store.system(file.locking_id).newest
        return document

    @initialize(target=documents)
    def open(self):
        """Three systems, two of them of one customer."""
        owners = zip(LOCKING_IDS, ("A", "A", ""), strict=False)
        return multiple(*[self.desk.node(locking_id, owner) for locking_id, owner in owners])

    @rule(target=lacs, customer=customers)
    def order(self, customer):
        """Somebody buys."""
        return self.desk.order(customer)

    @rule(target=documents, lac=lacs, locking_id=locking_ids, customer=customers)
    def activate(self, lac, locking_id, customer):
        """Somebody enters a LAC."""
        return self.issued(self.desk.activate, lac, locking_id, customer)

    @rule(
        target=documents,
        chosen=st.lists(documents, min_size=1, max_size=3),
        locking_id=locking_ids,
        customer=customers,
    )
    def combine(self, chosen, locking_id, customer):
        """Somebody presents files, old ones too."""
        return self.issued(self.desk.combine, chosen, locking_id, customer)

    @rule(target=documents, document=documents, new=locking_ids, customer=customers)
    def rehost(self, document, new, customer):
        """Somebody moves a file, or one that is where it was no more."""
        old = self.desk.server.read(document).locking_id
        return self.issued(self.desk.rehost, old, new, customer)

    @rule(target=documents, document=documents)
    def reissue(self, document):
        """A central CLA asks for relicensing with the file that it has."""
        file = self.desk.server.read(document)
        return self.issued(self.desk.reissue, file.locking_id, file.epoch)

    @invariant()
    def no_license_is_usable_under_two_locking_ids(self):
        """Each bound LAC counts in exactly one file in force; no epoch falls; owners never mix."""
        counted: list[str] = []
        for locking_id in LOCKING_IDS:
            system: RegisteredSystem = self.desk.store.system(locking_id)
            if not system.in_force:
                assert system.orders == ()
                continue
            assert system.newest
            counted += system.newest.lacs
            assert sorted(system.newest.lacs) == sorted(order.lac for order in system.orders)
            assert {order.customer for order in system.orders} == {system.customer}
            assert system.newest.epoch >= self.epochs.get(locking_id, 1)
            self.epochs[locking_id] = system.newest.epoch
        assert len(counted) == len(set(counted)) == self.desk.store.state().bound_lacs


WALKS = {
    "stateful_step_count": 20,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


def test_no_license_is_ever_usable_under_two_locking_ids():
    """Whatever is done in whatever order, by whomever."""
    run_state_machine_as_test(Offices, settings=settings(**WALKS))


def test_the_search_finds_a_source_that_keeps_its_file(monkeypatch):
    """A planted bug: the old Locking ID is not marked as having given up its file."""
    move = ServerStore.move

    def forgetful(store: ServerStore, source: RegisteredSystem, successor: str, how: str) -> None:
        move(store, source, successor, how)
        store._database.execute("DELETE FROM successions")

    monkeypatch.setattr(ServerStore, "move", forgetful)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Offices, settings=settings(FOR_A_PLANTED_BUG, **WALKS))


def test_the_decisions_are_pure():
    """They leave what they are given as it is: the same question has the same answer."""
    with tempfile.TemporaryDirectory() as directory:
        desk = Desk(Path(directory))
        documents = [desk.node(LOCKING_ID), desk.node(OTHER_LOCKING_ID)]
        files = [desk.server.read(document) for document in documents]
        systems = [desk.store.system(file.locking_id) for file in files]
        presented = [
            Presented(file=file, system=system) for file, system in zip(files, systems, strict=True)
        ]
        given: dict[str, Any] = {"serial": 9, "now": files[0].issued_at, "customer": ""}
        for decide in (
            lambda: combination(presented, systems[0], **given),
            lambda: rehosting(systems[0], RegisteredSystem(locking_id=THIRD), **given),
        ):
            assert decide() == decide()
        desk.store.close()
