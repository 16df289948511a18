"""The network with privileges: every host a network namespace, every link a pair of veths.

A cut is made by the kernel: whatever leaves a host on that link meets the queueing discipline
`blackhole` and vanishes, in one direction or in both. (A link set down answers a dial at once with
ENETUNREACH, a blackhole route with EINVAL; a cut somewhere on the way does neither.)
Latency, loss and what else a kernel without netem cannot do is done by relays that stand at the far
end of a link, so that the dial itself still crosses it. So is bandwidth: the kernel has `tbf`, but
that counts real seconds, and would have to be set anew at every change of the run's pace, in a
process of three milliseconds for each direction, while packets of the old pace stand in its queue.
A relay's queue is in simulated time, as its latency is.

TCP's own timers do not accelerate: after a cut, bytes are repeated only when the sender's kernel
thinks fit. Where the kernel lets us, it does so every real second at the latest.
"""

import functools
import ipaddress
import os
import shutil
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path as FilePath
from typing import ClassVar

from licensing.policies import NS_PER_SECOND
from simulator.live import netns
from simulator.live.backend import Backend, Unavailable
from simulator.live.leftovers import REMOVE_NAMESPACES, unless_in_order
from simulator.live.link_specs import LinkSpec
from simulator.live.relay import CHUNK
from simulator.live.relay_path import SHORTEST_WAIT_NS
from simulator.live.relays import tcp
from simulator.network.link import ALL_ABILITIES, Ability
from simulator.network.path import Path

PROGRAM_NETWORK = ipaddress.IPv4Network("198.18.0.0/16")
RELAY_NETWORK = ipaddress.IPv4Network("198.19.0.0/16")
"""Addresses meant for test networks (RFC 2544); they exist in our namespaces only."""

CUTS = frozenset({Ability.CUT, Ability.CUT_ONE_WAY})
"""What the kernel does itself; for the rest a link needs relays."""

TIMERS = {
    "tcp_rto_min_us": 5_000,
    "tcp_rto_max_ms": 1_000,
    "tcp_syn_retries": 126,
    "tcp_retries2": 255,
}
"""Retransmission from 5 ms to one second apart, for at least two minutes (a dial, as on Linux)."""

_MAC = "02:00:00:00:00:01"


class NamespacesBackend(Backend):
    """Namespaces of the kernel, and relays on the links that need them."""

    name: ClassVar[str] = "namespaces"
    caveats: ClassVar[tuple[str, ...]] = (
        "after a cut, held bytes and dials go on when the kernel repeats them: up to a real second",
        "on a link with relays, a dial to a port without a listener is accepted and then reset",
        "there, a dial is answered at once; the link's latency begins with the first byte",
        "loss delays a connection as TCP's retransmission does, and spares dials",
        "what has reached a relay is acknowledged: the dialed end does not die of unanswered bytes",
        "a reset during a cut does not reach the dialing end before that sends, after the heal",
        "a latency of less than half a millisecond in real time is left out",
        "so is a bandwidth at which 64 KiB take no longer, unless a step changes it",
    )

    @classmethod
    def probe(cls) -> None:
        """Probed once for each process: makes two namespaces and removes them."""
        _probe()

    async def _open(self, stack: AsyncExitStack) -> None:
        self.probe()
        netns.remove(netns.stale())
        self._names = netns.new_names(self.hosts)
        stack.enter_context(unless_in_order(REMOVE_NAMESPACES, *self._names.values()))
        self._lay_out(dict(zip(self.hosts, map(str, PROGRAM_NETWORK.hosts()), strict=False)))
        self._devices, self._relay_addresses = self._number_links()
        stack.callback(netns.remove, list(self._names.values()))
        self._build()
        for link in self.links:
            if self._is_relayed(link):
                self._relay(*self._directions(*link.ends))
        for path in self.paths():
            self.path_changed(path)

    # Links and relays

    def _is_relayed(self, link: LinkSpec) -> bool:
        """Whether a relay would have anything to do, now or later: else its work is for nothing."""
        shortest_ns = SHORTEST_WAIT_NS * self.rate
        piece_ns = CHUNK * 8 * NS_PER_SECOND / link.bandwidth_bit_s if link.bandwidth_bit_s else 0
        waits = max(link.latency_ns, link.jitter_ns, piece_ns) >= shortest_ns
        return waits or link.forgets_idle_ns is not None or not link.faults <= CUTS

    def _number_links(self) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
        addresses = map(str, RELAY_NETWORK.hosts())
        devices, relay_addresses = {}, {}
        for number, link in enumerate(self.links):
            for source, destination in (link.ends, link.ends[::-1]):
                devices[source, destination] = f"link{number}"
                if self._is_relayed(link):
                    relay_addresses[source, destination] = next(addresses)
        return devices, relay_addresses

    # Setting up

    def _build(self) -> None:
        veths = [
            f"link add {self._devices[link.ends]} netns {self._names[link.ends[0]]} address {_MAC}"
            f" type veth peer name {self._devices[link.ends]} netns {self._names[link.ends[1]]}"
            f" address {_MAC}"
            for link in self.links
        ]
        batch = [f"netns add {name}" for name in self._names.values()]
        netns.batch("ip", lines=batch + veths)
        for host in self.hosts:
            netns.batch("ip", "-n", self._names[host], lines=self._addressing(host))
            _set_timers(self._names[host])

    def _addressing(self, host: str) -> list[str]:
        """Both ends of a link have one MAC address and no ARP: a cut host is not found missing."""
        own = self.bind_address(host)
        lines = ["link set lo up", f"address add {own}/32 dev lo"]
        for ends, address in self._relay_addresses.items():
            if ends[1] == host:
                lines.append(f"address add {address}/32 dev lo")
        for ends, device in self._devices.items():
            if ends[0] == host:
                lines += [f"link set {device} up arp off"]
                lines += [f"route add {to}/32 dev {device} src {own}" for to in self._dialed(*ends)]
        return lines

    def _dialed(self, source: str, destination: str) -> list[str]:
        """The addresses of a destination that are reached over the link from a source."""
        relay = self._relay_addresses.get((source, destination))
        return [self.bind_address(destination), *([relay] if relay else [])]

    def _relay(self, there: Path, back: Path) -> None:
        for path in (there, back):
            dice = self._dice(f"relay {path.source} -> {path.destination}")
            self._relays.add_path(path, dice, rate=self.rate)
        for path, other in ((there, back), (back, there)):
            make_socket = functools.partial(self._socket, path.destination)
            for port in self.ports:
                self._relays.add_listener(
                    path,
                    other,
                    address=(self._relay_addresses[path.source, path.destination], port),
                    program=(self.bind_address(path.destination), port),
                    make_socket=make_socket,
                    make_onward=make_socket,
                )

    def _socket(self, host: str) -> socket.socket:
        with netns.inside(self._names[host]):
            return tcp()

    # Faults

    def _abilities(self, link: LinkSpec) -> frozenset[Ability]:
        """A bare pair of veths can be cut, and nothing else."""
        return ALL_ABILITIES if self._is_relayed(link) else CUTS

    def path_changed(self, path: Path) -> None:
        """Takes about three milliseconds, in which the event loop stands."""
        device = self._devices[path.source, path.destination]
        discipline = "noqueue" if self.is_open(path) else "blackhole"
        _set_discipline(self._names[path.source], device, discipline)
        super().path_changed(path)

    # Where things are

    def namespace(self, host: str) -> str:
        """The name of a host's namespace, as `ip netns` lists it."""
        return self._names[host]

    def bind_address(self, host: str) -> str:
        """The host's address in its namespace."""
        return self.network.addresses[host]

    def address_of(self, source: str, destination: str) -> str | None:
        """The destination's address; on a relayed link that of the relay at its far end."""
        if source == destination or self.network.path(source, destination) is not None:
            return self._relay_addresses.get((source, destination), self.bind_address(destination))
        return None

    def command(self, host: str, argv: Sequence[str]) -> list[str]:
        """In the host's namespace; `ip netns exec` becomes the program, so its pid is this one."""
        return ["ip", "netns", "exec", self._names[host], *argv]


def _set_discipline(name: str, device: str, discipline: str) -> None:
    netns.run("tc", "-n", name, "qdisc", "replace", "dev", device, "root", discipline)


def _set_timers(name: str) -> None:
    """Make TCP repeat sooner, by as many of the kernel's settings as there are."""
    with netns.inside(name):
        for setting, value in TIMERS.items():
            file = FilePath("/proc/sys/net/ipv4", setting)
            if file.exists():
                file.write_text(str(value))


@functools.cache
def _probe() -> None:
    if os.geteuid() != 0:
        raise Unavailable("network namespaces need root")
    for tool in ("ip", "tc"):
        if shutil.which(tool) is None:
            raise Unavailable(f"there is no command `{tool}`: apt-get install iproute2")
    names = list(netns.new_names(["probe"]).values())
    try:
        netns.batch("ip", lines=[f"netns add {names[0]}"])
        netns.batch("ip", "-n", names[0], lines=["link add dev probe0 type veth peer name probe1"])
        _set_discipline(names[0], "probe0", "blackhole")
    except netns.CommandFailed as error:
        raise Unavailable(
            f"the kernel lacks network namespaces, veth or blackhole: {error}"
        ) from None
    finally:
        netns.remove(names)
