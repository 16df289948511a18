"""What a node may ask, under which lease, how much and how often; what is kept of it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from agency import LICENSES, Agency, Refused, agency, seats

from licensing.errors import LicensingError
from licensing.events import DemandDecided
from licensing.messages import Activated, LeaseChanged, LoadLicenseFile, Seat, encode
from licensing.sizes import LARGEST_DEMAND
from master_cla import allowance
from master_cla.store import kept_decisions

SEAT = seats(("200", "ip"))


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Agency]:
    """A running CLA with enrolled nodes."""
    async with agency(tmp_path) as running:
        yield running


async def load(here: Agency, serial: int, epoch: int) -> None:
    """Have the CLA accept a file of this epoch."""
    document = here.make_file(serial, epoch, LICENSES)
    await here.post("/v1/license-file", LoadLicenseFile(license_file=document), Activated)


async def test_a_release_is_of_the_lease_that_it_names(here: Agency) -> None:
    """A8: what is held under the present lease is not given back under another; wants are decided.

    The same request gets the same bytes before and after the lease was replaced.
    """
    await here.use_own_vendor()
    await load(here, serial=1, epoch=1)
    north = await here.connect("north")
    held = seats(("200", "ip"))
    first = await north.demand("1", held, lease_id="north/1")
    await load(here, serial=2, epoch=2)
    await north.expect(LeaseChanged)
    late = await north.demand("2", seats(("201", "ip")), held, lease_id="north/1")
    assert late.granted == seats(("201", "ip"))
    (kept,) = late.refused
    assert (kept.holder, kept.reason) == ("200", "lease-replaced")
    assert (await here.licenses())["ip"].in_use == 2
    again = await north.demand("2", seats(("201", "ip")), held, lease_id="north/1")
    assert encode(again) == encode(late)
    assert encode(await north.demand("1", held, lease_id="north/1")) == encode(first)
    assert (await north.demand("3", [], held, lease_id="north/2")).refused == []
    assert (await here.licenses())["ip"].in_use == 1


async def test_leases_that_share_a_commit_share_a_signature(here: Agency) -> None:
    """Demands of two nodes at the same time: one signature, and each lease is its node's alone."""
    await here.activate()
    nodes = [await here.connect(name) for name in ("north", "south")]
    leases = await asyncio.gather(*(node.demand("1", SEAT) for node in nodes))
    documents = [msgspec.json.decode(decision.lease or "") for decision in leases]
    assert documents[0]["signature"] == documents[1]["signature"]
    for name, decision in zip(("north", "south"), leases, strict=True):
        assert here.lease(decision.lease, name).node == name
        other = "south" if name == "north" else "north"
        with pytest.raises(LicensingError):
            here.lease(decision.lease, other)


async def test_only_the_newest_decisions_are_kept_and_the_whole_audit(here: Agency) -> None:
    """The newest is replayed byte for byte also after a restart; no older one is."""
    await here.activate()
    north = await here.connect("north")
    for number in range(40):
        wants, releases = ([], SEAT) if number % 2 else (SEAT, [])
        newest = await north.demand(str(number), wants, releases)
    await here.machines["hq"].crash()
    await here.machines["hq"].start()
    await here.until_started("cla", len(here.entries))
    with closing(sqlite3.connect(here.directory / "hq" / "cla" / "cla.db")) as database:
        kept = database.execute("SELECT request_id FROM decisions ORDER BY number").fetchall()
        (audited,) = database.execute(
            "SELECT count(*) FROM audit WHERE CAST(fact AS TEXT) LIKE '%demand-decided%'"
        ).fetchone()
    assert [int(request_id) for (request_id,) in kept] == list(range(40 - kept_decisions.KEPT, 40))
    assert audited == 40
    north = await here.connect("north")
    assert encode(await north.demand("39", [], SEAT)) == encode(newest)
    await north.demand("40", SEAT)
    assert encode(await north.demand("39", [], SEAT)) == encode(newest)


async def test_a_node_that_demands_without_end_is_refused_until_tomorrow(
    here: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused with its reason, and nothing of it is written; what it holds stays, others go on."""
    monkeypatch.setattr(allowance, "SEATS_A_DAY", 10)
    await here.activate()
    north, south = await here.connect("north"), await here.connect("south")
    for number in range(5):
        await north.demand(str(number), SEAT, seats(("201", "ip")))
    with pytest.raises(Refused, match="demands-excessive"):
        await north.demand("one more", SEAT)
    assert len(here.facts(DemandDecided)) == 5
    assert (await here.licenses())["ip"].held == {"north": 1}
    north = await here.connect("north", epoch=1, seq=2)
    first = await south.demand("1", seats(("300", "ip")))
    assert first.granted
    assert await north.demand("4", SEAT, seats(("201", "ip")))  # a repetition costs nothing
    await here.beat(north, 24, seq=2)
    assert (await north.demand("one more", SEAT)).granted == SEAT


@pytest.mark.parametrize(
    ("request_id", "wants"),
    [
        ("x" * 65, SEAT),
        ("1", seats(("x" * 65, "ip"))),
        ("1", seats(("", "ip"))),
        ("1", SEAT * (LARGEST_DEMAND + 1)),
    ],
)
async def test_a_demand_beyond_all_measure_is_refused(
    here: Agency, request_id: str, wants: list[Seat]
) -> None:
    """Names and lists that no node has reach no book."""
    await here.activate()
    north = await here.connect("north")
    with pytest.raises(Refused, match="message-malformed"):
        await north.demand(request_id, wants)
    assert here.facts(DemandDecided) == []
