"""The central CLA as nodes and administrators meet it: real HTTP and SQLite, in virtual time."""

from pathlib import Path

from agency import agency, seats

from licensing.messages import LeaseChanged
from licensing.words import Condition


async def test_activation_pushes_the_lease_and_demands_are_decided(tmp_path: Path) -> None:
    """Welcome without a lease, activation pushes one, a demand gets what is free."""
    async with agency(tmp_path) as here:
        north = await here.connect("north")
        assert (north.welcome.condition, north.welcome.lease) == (Condition.NOT_ACTIVATED, None)
        await here.activate()
        changed = await north.expect(LeaseChanged)
        assert changed.reason == "activated"
        assert here.lease(changed.lease, "north").seats == {"networking": 1}
        decision = await north.demand("1", seats(("200", "ip"), ("200", "voicemail")))
        assert here.lease(decision.lease, "north").seats == {
            "networking": 1,
            "ip": 1,
            "voicemail": 1,
        }
        table = await here.licenses()
        assert (table["ip"].in_use, table["ip"].free) == (1, 3)
