"""Changes that share a commit, of which one ends whoever waits for another."""

from agency import Agency, seats

from licensing.messages import Demand
from licensing.words import Condition


async def test_a_session_that_is_superseded_while_its_demand_is_decided_ends_no_program(
    here: Agency,
) -> None:
    """Hello and demand of one node come in one instant: both are written, nobody has the answer."""
    older, newer = await here.connect("north"), await here.dial("north")
    wants = seats(("200", "ip"))
    await older.send(Demand(request_id="1", lease_id="", wants=wants, releases=[]))
    await newer.send(here.hello(newer, "north", seq=1, epoch=1, serial=1))
    assert (await newer.receive()).condition is Condition.LICENSED
    assert here.ended == []
    assert (await here.licenses())["ip"].held == {"north": 1}
