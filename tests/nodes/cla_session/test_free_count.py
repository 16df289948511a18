"""What is free is known where one assigns: at the master and at its slaves."""

import asyncio

from branches import NODE_PROGRAM, REGISTRATION, SCENARIO, Branches, branches

from licensing.license_table import FreeLicense
from licensing.policies import NS_PER_SECOND
from nodes.cla_session.free_count import FreeLicenses


async def free(here: Branches, node: str) -> FreeLicenses:
    """What a node says of it."""
    return await here.net.admin.ask(node, NODE_PROGRAM, "/v1/free-licenses", FreeLicenses)


def count(of: FreeLicenses, key: str) -> tuple[int, int] | None:
    """Bought and free; None where the license is not in the license file."""
    found = of.licenses.get(key)
    return (found.bought, found.free) if found else None


async def test_every_node_counts_as_the_central_cla_does():
    """None free is another thing than none in the license file."""
    async with branches() as here:
        assert (await free(here, "hq")).licenses == {}
        await here.license()
        for node in ("hq", "north"):
            counted = await free(here, node)
            assert counted.current
            assert count(counted, "ip") == (4, 0)
            assert count(counted, "tdm") == (4, 1)
            assert count(counted, "voicemail") == (3, 1)
            assert count(counted, "fax") is None


async def test_a_cut_off_node_shows_what_it_heard_last():
    """With the instant, and not as what is so now."""
    async with branches() as here:
        await here.license()
        before = await free(here, "north")
        await here.net.cut("hq-north")
        waiting = await free(here, "north")  # the connection is not seen to be gone yet
        assert (waiting.current, waiting.counted_at) == (False, before.counted_at)
        began = here.net.world.now_ns()
        assert await free(here, "north") == waiting
        assert here.net.world.now_ns() - began < NS_PER_SECOND, "nobody waits in vain twice"
        await asyncio.sleep(2 * 3600)
        assert (await free(here, "north")).licenses == before.licenses
        await here.net.heal("hq-north")
        await asyncio.sleep(3600)
        assert (await free(here, "north")).current
        assert (await free(here, "north")).counted_at > before.counted_at


async def test_what_may_stand_in_is_counted_apart():
    """Flexible licensing: what is own, and what IP licenses may cover."""
    text = SCENARIO.replace("tdm: 4", "tdm: 3, flexible: yes").replace("ip: 4", "ip: 6")
    async with branches(text) as here:
        await here.net.activate("hq", "LAC-1", REGISTRATION)
        await here.net.unlock()
        counted = await free(here, "north")
        assert counted.licenses["tdm"] == FreeLicense(bought=3, own=0, free=2)
        assert counted.licenses["ip"] == FreeLicense(bought=6, own=2, free=2)
        assert counted.licenses["mobile"] == FreeLicense(bought=0, own=0, free=2)
