"""The network without privileges: every host a loopback address, every way between two a relay.

What one host says to another passes through the supervisor's own event loop. That all programs
keep their ports, each host and each way has an address of 127.0.0.0/8 of its own.
"""

import functools
import ipaddress
import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import ClassVar

from simulator.live.backend import Backend, Unavailable
from simulator.live.relays import tcp

BLOCKS = range(64, 255)
"""127.N.0.0/16: each live run on this computer has one of its own."""

MARK_PORT = 1024
"""Whoever listens here, on the first address of a block, has the block."""


class ProxyBackend(Backend):
    """Loopback addresses and relays. `ports` are those that relays listen on.

    Where it differs from a cable: see `caveats`; of each, a test shows a promise that is not kept.
    """

    name: ClassVar[str] = "proxy"
    caveats: ClassVar[tuple[str, ...]] = (
        "a dial to a port on which nobody listens is accepted and then reset, not refused",
        "a dial is answered at once; the link's latency begins with the first byte",
        "what is held or lost is acknowledged: no connection dies of unanswered bytes or probes",
        "loss delays a connection as TCP's retransmission does, and spares dials",
        "a dial during a cut goes on when the kernel repeats its SYN, in real time",
        "a latency of less than half a millisecond in real time is left out",
        "what is under way when a route changes is sent anew at once, not when TCP repeats it",
    )

    @classmethod
    def probe(cls) -> None:
        """Raise `Unavailable` elsewhere than on Linux.

        There 127.0.0.0/8 is not one's own, and a full queue refuses.
        """
        if sys.platform != "linux":
            raise Unavailable(f"proxies need Linux's loopback network, this is {sys.platform}")

    async def _open(self, stack: AsyncExitStack) -> None:
        addresses = self._claim_block(stack)
        self._lay_out(dict(zip(self.hosts, addresses, strict=False)))
        self._relay_addresses = {pair: next(addresses) for pair in self._pairs}
        for pair, address in self._relay_addresses.items():
            make_onward = functools.partial(tcp, self.bind_address(pair[0]))
            self._relay(pair, address, tcp, make_onward)
        for route in self.routes():
            self.route_changed(route)

    def _claim_block(self, stack: AsyncExitStack) -> Iterator[str]:
        for block in BLOCKS:
            mark = stack.enter_context(tcp())
            network = ipaddress.IPv4Network(f"127.{block}.0.0/16")
            try:
                mark.bind((str(network[1]), MARK_PORT))
                mark.listen()
            except OSError:
                mark.close()
            else:
                return (str(network[number]) for number in range(2, 65_535))
        raise Unavailable(f"{len(BLOCKS)} live runs are going on here already; end some of them")

    def bind_address(self, host: str) -> str:
        """A loopback address of its own: every program keeps its port."""
        return self.network.addresses[host]

    def address_of(self, source: str, destination: str) -> str | None:
        """The relay from `source` to `destination`, on the program's own port."""
        if source == destination:
            return self.bind_address(source)
        return self._relay_addresses.get((source, destination))

    def command(self, host: str, argv: Sequence[str]) -> list[str]:
        """`argv` as it is: a loopback address needs no namespace."""
        self.bind_address(host)
        return list(argv)
