r"""A network with transit in the simulator and on both back ends.

    hq ---- hub ---- north ---- lost ---- beyond
     \------ lte ------/

`hub` is a router, `lte` a second line; north forwards for others, lost does not, and has a line.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from three_worlds import OPTIONS, VirtualWorld, World, live, serving
from transit_promises import LINE_BIT_S, SLOW_S

from licensing.policies import NS_PER_SECOND
from simulator.live.link_specs import LinkSpec, TransitSpec
from simulator.live.namespaces import NamespacesBackend
from simulator.live.proxy import ProxyBackend
from simulator.network.link import ALL_ABILITIES, Ability

HOSTS = ("hq", "north", "lost", "beyond")
SLOW_NS = int(SLOW_S * NS_PER_SECOND)


def links(
    slow_ns: int = SLOW_NS, faults: frozenset[Ability] = ALL_ABILITIES
) -> dict[str, LinkSpec]:
    """Those of the picture."""
    pairs = (("hq", "hub"), ("hub", "north"), ("north", "lost"), ("lost", "beyond"))
    return {
        **{"-".join(ends): LinkSpec(ends, faults=faults) for ends in pairs},
        "lte": LinkSpec(("north", "hq"), latency_ns=slow_ns, faults=faults),
    }


def transit(**more: Any) -> TransitSpec:
    """What stands between the hosts."""
    return TransitSpec(names=("hub",), forwarding=frozenset({"hq", "north", "beyond"}), **more)


LINES = {"lost": LINE_BIT_S}


@contextlib.asynccontextmanager
async def virtual(*, convergence_ns: int = 0) -> AsyncIterator[World]:
    """The simulator."""
    spec = transit(lines_bit_s=LINES, convergence_ns=convergence_ns)
    world = VirtualWorld(links(), spec, HOSTS)
    async with serving(world, HOSTS):
        yield world


def proxied(*, convergence_ns: int = 0) -> contextlib.AbstractAsyncContextManager[World]:
    """Loopback addresses and relays."""
    spec = transit(lines_bit_s=LINES, convergence_ns=convergence_ns)
    return live(ProxyBackend(HOSTS, links(), transit=spec, **OPTIONS), HOSTS)


def relayed(
    *, convergence_ns: int = 0, backend: type[NamespacesBackend] = NamespacesBackend
) -> contextlib.AbstractAsyncContextManager[World]:
    """Namespaces that forward, and relays at the destinations."""
    spec = transit(lines_bit_s=LINES, convergence_ns=convergence_ns)
    return live(backend(HOSTS, links(), transit=spec, **OPTIONS), HOSTS)


def bare(
    *, backend: type[NamespacesBackend] = NamespacesBackend
) -> contextlib.AbstractAsyncContextManager[World]:
    """Namespaces that forward, and no relay: the second line is hardly slower."""
    bare_links = links(slow_ns=400_000, faults=frozenset({Ability.CUT}))
    return live(backend(HOSTS, bare_links, transit=transit(), **OPTIONS), HOSTS)
