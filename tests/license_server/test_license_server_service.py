"""The license server over real sockets, on a real database, with a clock set by hand."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from asking import REGISTRATION
from freezegun import freeze_time
from machine import LOCKING_ID, OTHER_LOCKING_ID, FactList, Machine, SeededDice
from vendor import PASSWORD, PURCHASE, running

from license_server.administration import (
    COMBINE_PATH,
    ORDER_PATH,
    REHOST_PATH,
    Combine,
    OrderedLac,
    Rehost,
    ServerState,
)
from license_server.operations import LicenseServer
from license_server.store import CLS_DATABASE, ServerStore
from licensing.errors import LicensingError
from licensing.events import (
    CustomerAdded,
    IssueRefused,
    LicenseFileIssued,
    LicenseFileMoved,
    OrderAssigned,
    OrderTaken,
    ProgramStarted,
)
from licensing.license_file import read_license_file
from licensing.messages import (
    CLS_ACTIVATE_PATH,
    HEALTH_PATH,
    ActivateAtServer,
)
from runtime import audit
from runtime.host import Host
from runtime.http import Health, get, post
from runtime.process import SystemClock

real = pytest.mark.asyncio(loop_factories=["real"])
NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine whose disk is new."""
    return Machine(tmp_path)


@real
async def test_a_lac_becomes_a_license_file_that_anyone_can_verify(machine):
    """From the order over the admin socket to a file under the published key (manual 4.3.1)."""
    async with running(machine) as cls:
        file = await cls.read(await cls.activate(await cls.order()))
    assert file.licenses == PURCHASE.licenses
    assert (file.serial, file.epoch, file.locking_id) == (1, 1, LOCKING_ID)
    assert file.issued_at == datetime(2026, 3, 2, 8, tzinfo=UTC)


@real
async def test_the_same_lac_and_locking_id_get_the_same_bytes(machine):
    """A lost answer burns nothing, not even across a restart and a month."""
    async with running(machine) as cls:
        lac = await cls.order()
        first = await cls.activate(lac)
        assert await cls.activate(lac.lower()) == first
    machine.clock.pass_days(30)
    async with running(machine) as cls:
        assert await cls.activate(lac) == first
        assert (await cls.state()).newest_serial == 1


@real
async def test_a_repeated_activation_hands_out_the_newest_file(machine):
    """After an add-on the first LAC leads to the file that contains both."""
    async with running(machine) as cls:
        lac = await cls.order()
        await cls.activate(lac)
        combined = await cls.activate(await cls.order())
        assert await cls.activate(lac) == combined
        assert (await cls.read(combined)).licenses["ip"] == 80


@real
async def test_relicensing_survives_a_lost_answer_and_a_restart(machine):
    """F4: the next epoch once, and the same bytes for whoever did not receive it."""
    async with running(machine) as cls:
        await cls.activate(await cls.order())
        renewed = await cls.reissue(epoch=1)
    async with running(machine) as cls:
        assert await cls.reissue(epoch=1, required=False) == renewed
        assert (await cls.read(renewed)).epoch == 2


@real
async def test_serials_rise_even_where_the_clock_is_set_back(machine):
    """A13: which file is newer is a matter of serials, so a wrong clock cannot confuse them."""
    async with running(machine) as cls:
        first = await cls.read(await cls.activate(await cls.order()))
        machine.clock.pass_days(-400)
        second = await cls.read(await cls.reissue(epoch=1))
    assert (first.serial, second.serial) == (1, 2)
    assert second.issued_at < first.issued_at


@real
async def test_each_refusal_has_its_reason_is_journaled_and_binds_nothing(machine):
    """Mistyped, unknown and used LACs, and an epoch that never was."""
    async with running(machine) as cls:
        lac = await cls.order()
        await cls.activate(lac)
        before = await cls.state()
        for attempt, code in (
            (cls.activate(lac[:-1] + ("0" if lac[-1] != "0" else "1")), "lac-mistyped"),
            (cls.activate("00000-00000-00000-00000"), "lac-unknown"),
            (cls.activate(lac, OTHER_LOCKING_ID), "lac-used"),
            (cls.activate(lac, "my server" * 100), "locking-id-malformed"),
            (cls.reissue(epoch=9), "epoch-unknown"),
        ):
            with pytest.raises(LicensingError) as refusal:
                await attempt
            assert refusal.value.code == code
            fact = machine.facts[-1]
            assert isinstance(fact, IssueRefused)
            assert (fact.code, len(fact.locking_id) <= 40) == (code, True)
        assert await cls.state() == before


@real
async def test_the_operator_combines_and_rehosts_at_the_administration_socket(machine):
    """Manual 4.4: separate files become one; the same answer to a repeated request."""
    async with running(machine) as cls:
        documents = [
            await cls.activate(await cls.order(), LOCKING_ID),
            await cls.activate(await cls.order(), OTHER_LOCKING_ID),
        ]
        request = Combine(license_files=documents, locking_id=OTHER_LOCKING_ID)
        combined = await cls.operate(COMBINE_PATH, request)
        rehost = Rehost(locking_id=OTHER_LOCKING_ID, new_locking_id="00-1A-E8-4C-00-03")
        moved = await cls.operate(REHOST_PATH, rehost)
        assert await cls.operate(REHOST_PATH, rehost) == moved
        assert (await cls.read(combined)).licenses == {"base": 1, "ip": 80, "networking": 4}
        assert (await cls.read(moved)).licenses == (await cls.read(combined)).licenses
        assert (await cls.state()).newest_serial == 4
    facts = [fact for fact in machine.facts if isinstance(fact, LicenseFileMoved)]
    assert [(fact.how, fact.sources, fact.serial) for fact in facts] == [
        ("combined", [LOCKING_ID], 3),
        ("rehosted", [OTHER_LOCKING_ID], 4),
    ]


@real
async def test_the_operator_issues_a_file_for_whoever_telephones(machine):
    """The offline way: LAC and Locking ID are entered here; a slip of the pen is named as such."""
    async with running(machine) as cls:
        lac = await cls.order()
        request = ActivateAtServer(lac=lac, locking_id=LOCKING_ID, registration=REGISTRATION)
        document = cls.agent().license_file = await cls.operate(CLS_ACTIVATE_PATH, request)
        assert await cls.activate(lac, LOCKING_ID) == document
        slip = msgspec.structs.replace(request, lac=lac[:-1] + ("2" if lac[-1] != "2" else "3"))
        with pytest.raises(LicensingError, match="a character is wrong or missing"):
            await cls.operate(CLS_ACTIVATE_PATH, slip)


@real
async def test_an_order_may_belong_to_a_customer(machine):
    """Accounts are made once, and orders taken for those that exist."""
    async with running(machine) as cls:
        assert await cls.add_customer(" Example ") == "Example"
        lac = await cls.order(msgspec.structs.replace(PURCHASE, customer="Example"))
        for attempt, code in (
            (cls.add_customer("Example"), "customer-exists"),
            (cls.add_customer(""), "account-malformed"),
            (cls.order(msgspec.structs.replace(PURCHASE, customer="Nobody")), "customer-unknown"),
        ):
            with pytest.raises(LicensingError) as refusal:
                await attempt
            assert refusal.value.code == code
        assert (await cls.state()).orders == 1
    assert machine.facts[1:] == [
        CustomerAdded(customer="Example"),
        OrderTaken(lac=lac, licenses=PURCHASE.licenses),
        OrderAssigned(lac=lac, customer="Example"),
    ]
    assert PASSWORD.encode() not in (machine.host.directory / CLS_DATABASE).read_bytes()


@real
async def test_facts_follow_what_was_done(machine):
    """Order, file and repeated file, in this order."""
    async with running(machine) as cls:
        lac = await cls.order()
        await cls.activate(lac)
        await cls.activate(lac)
    issued = LicenseFileIssued(locking_id=LOCKING_ID, serial=1, epoch=1, lacs=[lac], repeated=False)
    assert machine.facts == [
        ProgramStarted(program="cls"),
        OrderTaken(lac=lac, licenses=PURCHASE.licenses),
        issued,
        msgspec.structs.replace(issued, repeated=True),
    ]


@real
async def test_orders_are_taken_at_the_administration_socket_only(machine):
    """Nobody buys over the Internet address; health is answered at both."""
    async with running(machine) as cls:
        for session, base in ((cls.public, cls.base), (cls.admin, "")):
            health = await get(session, base + HEALTH_PATH, Health, party="CLS")
            assert health == Health(program="cls", host="machine")
        with pytest.raises(LicensingError) as refusal:
            await post(cls.public, cls.base + ORDER_PATH, PURCHASE, OrderedLac, party="CLS")
    assert refusal.value.code == "no-such-operation"


@real
async def test_the_operator_sees_how_much_was_sold_and_issued(machine):
    """Counts of orders and bound LACs, and the newest serial."""
    async with running(machine) as cls:
        await cls.order()
        await cls.activate(await cls.order())
        assert await cls.state() == ServerState(orders=2, bound_lacs=1, newest_serial=1)


@real
async def test_an_order_with_an_end_is_read_back_as_it_was_written(machine):
    """The end of the licenses passes through the books into the file."""
    async with running(machine) as cls:
        lac = await cls.order(msgspec.structs.replace(PURCHASE, valid_until=NEW_YEAR))
        assert (await cls.read(await cls.activate(lac))).valid_until == NEW_YEAR


def test_a_file_of_rubbish_is_reported_and_left_as_it_is(machine):
    """Damaged state names the file and what to do about it; nothing is overwritten."""
    path = machine.host.directory / CLS_DATABASE
    path.write_bytes(b"rubbish " * 1000)
    with pytest.raises(LicensingError, match=CLS_DATABASE) as refusal:
        ServerStore(machine.host)
    assert refusal.value.code == "state-damaged"
    assert path.read_bytes() == b"rubbish " * 1000


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_database_that_is_gone_is_no_new_one(machine, lose):
    """With a new key, and without a word, no CLA would take its license files."""
    ServerStore(machine.host).close()
    lose(machine.host.directory / CLS_DATABASE)
    for _ in range(2):
        with pytest.raises(LicensingError, match="commissioned beside it") as refusal:
            ServerStore(machine.host)
        assert refusal.value.code == "state-damaged"


def test_a_database_of_another_program_is_reported(machine):
    """A table of the same name but other columns is no state of this program."""
    connection = sqlite3.connect(machine.host.directory / CLS_DATABASE)
    connection.execute("CREATE TABLE audit (what TEXT)")
    connection.close()
    with pytest.raises(LicensingError, match="it has no version") as refusal:
        ServerStore(machine.host)
    assert refusal.value.code == "state-version-unknown"


async def books_with_one_file(machine: Machine) -> sqlite3.Connection:
    """The database after one order and its activation."""
    store = ServerStore(machine.host)
    server = LicenseServer(machine.host, store)
    lac = (await server.order(PURCHASE)).lac
    await server.activate(
        ActivateAtServer(lac=lac, locking_id=LOCKING_ID, registration=REGISTRATION)
    )
    return machine.host.databases[-1]


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE audit SET wall_ns = 0 WHERE number = 1",
        "UPDATE audit SET fact = CAST(replace(fact, '40', '90') AS BLOB) WHERE number = 1",
        "DELETE FROM audit WHERE number = 1",
        "INSERT INTO audit (wall_ns, fact, digest) VALUES (0, x'00', x'00')",
    ],
)
async def test_an_edited_audit_is_found_at_the_next_start(machine, edit):
    """A12: the chain breaks wherever a row was changed, removed or put in."""
    books = await books_with_one_file(machine)
    audit.check(books)
    books.execute(edit)
    books.close()
    with pytest.raises(LicensingError, match="audit row") as refusal:
        ServerStore(machine.host)
    assert refusal.value.code == "state-damaged"


async def test_an_edited_license_file_is_never_handed_out(machine):
    """A file that the server's own key did not sign is damage, not an answer."""
    books = await books_with_one_file(machine)
    books.execute("UPDATE files SET document = replace(document, 'payload', 'payl0ad')")
    with pytest.raises(LicensingError, match=LOCKING_ID) as refusal:
        ServerStore(machine.host).system(LOCKING_ID)
    assert refusal.value.code == "state-damaged"


async def test_a_decision_that_fails_midway_leaves_nothing_behind(machine, monkeypatch):
    """A14: order, file and audit row are one transaction; a fault in its last step undoes all."""
    store = ServerStore(machine.host)
    server = LicenseServer(machine.host, store)
    lac = (await server.order(PURCHASE)).lac
    request = ActivateAtServer(lac=lac, locking_id=LOCKING_ID, registration=REGISTRATION)

    def broken(*_: object) -> None:
        raise sqlite3.OperationalError("disk full")

    with monkeypatch.context() as fault:
        fault.setattr(audit, "append", broken)
        with pytest.raises(sqlite3.OperationalError):
            await server.activate(request)
    assert store.state() == ServerState(orders=1, bound_lacs=0, newest_serial=0)
    assert len(machine.facts) == 1
    await server.activate(request)
    assert store.state() == ServerState(orders=1, bound_lacs=1, newest_serial=1)


async def test_dates_of_a_license_file_are_those_of_the_real_wall_clock(tmp_path):
    """With the system's own clock, frozen: issued now in UTC, and an end must lie ahead."""
    with freeze_time("2026-03-02 08:00:00.5", real_asyncio=True) as frozen:
        host = Host(
            name="internet",
            locking_id=LOCKING_ID,
            directory=tmp_path,
            clock=SystemClock(),
            dice=SeededDice(),
            journal=FactList(),
        )
        store = ServerStore(host)
        server = LicenseServer(host, store)
        purchase = msgspec.structs.replace(PURCHASE, valid_until=NEW_YEAR)
        lac = (await server.order(purchase)).lac
        request = ActivateAtServer(lac=lac, locking_id=LOCKING_ID, registration=REGISTRATION)
        document = (await server.activate(request)).license_file
        file = read_license_file(document, store.signing_key.verification_key)
        assert file.issued_at == datetime(2026, 3, 2, 8, 0, 0, 500_000, tzinfo=UTC)
        assert file.valid_until == NEW_YEAR
        frozen.move_to("2027-01-01")
        with pytest.raises(LicensingError, match="valid_until is past"):
            await server.order(purchase)
        store.close()
