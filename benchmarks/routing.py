"""What routes cost: computed anew after each of 1,000 failures; an exchange over several hops."""

import functools
import itertools
import random  # noqa: TID251 - which link fails is drawn from a seed

from benchmarks.measurement import Figures, TableRow, in_turns, seconds, show
from benchmarks.traffic import websocket_echo
from simulator import run
from simulator.network.fabric import Network
from simulator.network.routes import next_hops

_SITES, _ROUTERS, _FAILURES = 200, 10, 1_000
_HOPS = 4
_CLIENTS, _BEATS = 5, 960


def main(rounds: int) -> None:
    """Measure and print."""
    found = in_turns(rounds, _failures, _tables)
    show(
        f"routing: {_SITES} sites at two routers each, {_FAILURES:,} failures and repairs",
        [
            TableRow("a failure: the routes between the master and all slaves", found["failure"]),
            TableRow("its repair", found["repair"]),
            TableRow("all tables from nothing, as kernels need them", found["tables"]),
        ],
        unit="ms",
        factor=1e3,
    )
    over = in_turns(rounds, *(functools.partial(_exchange, hops) for hops in (1, _HOPS)))
    show(
        "exchange: a bare WebSocket echo over one hop and over several, in pairs",
        [
            TableRow("over one hop", over["1"]),
            TableRow(f"over {_HOPS} hops", over[str(_HOPS)], over["1"]),
        ],
        unit="us",
        factor=1e6,
        digits=1,
    )


def network() -> Network:
    """A ring of routers; each site has a line to two of them, with latencies of its own."""
    made = Network()
    routers = [f"router-{number}" for number in range(_ROUTERS)]
    for router in routers:
        made.add_transit(router)
    for one, other in itertools.pairwise([*routers, routers[0]]):
        made.add_link(one, other, latency_ns=3_000_000)
    for number, site in enumerate(_sites()):
        made.add_host(site, f"10.0.{number // 250}.{number % 250 + 1}")
        made.equip_site(site, forwards=True, line_bit_s=None)
        for further in (0, 1 + number % (_ROUTERS - 1)):
            router = routers[(number + further) % _ROUTERS]
            made.add_link(site, router, latency_ns=1_000_000 * (1 + number % 7 + further))
    return made


def _sites() -> list[str]:
    return [f"site-{number}" for number in range(_SITES)]


def _failures() -> Figures:
    tried, (master, *slaves) = network(), _sites()
    for slave in slaves:
        assert tried.route(master, slave)
        assert tried.route(slave, master)
    ends = list(dict.fromkeys(tuple(sorted((hop.source, hop.destination))) for hop in tried.paths))
    dice = random.Random(1)
    drawn = [dice.choice(ends) for _ in range(_FAILURES)]
    failing = repairing = 0.0
    for pair in drawn:
        failing += seconds(functools.partial(tried.cut, *pair), tidy=False)
        repairing += seconds(functools.partial(tried.heal, *pair), tidy=False)
    return {"failure": failing / _FAILURES, "repair": repairing / _FAILURES}


def _tables() -> Figures:
    tried = network()
    forwarding = tried.routing.forwarding

    def compute() -> None:
        for site in _sites():
            next_hops(tried.paths, site, forwarding)

    return {"tables": seconds(compute)}


def _exchange(hops: int) -> Figures:
    took = seconds(lambda: run(websocket_echo(_CLIENTS, _BEATS, hops=hops)))
    return {str(hops): took / (_CLIENTS * _BEATS)}
