"""The network with privileges: every host and router a network namespace, every link two veths.

A cut is made by the kernel: whatever leaves a host on that link meets the queueing discipline
`blackhole` and vanishes, in one direction or in both. (A link set down answers a dial at once with
ENETUNREACH, a blackhole route with EINVAL, and a queue without room lets TCP know, which then gives
up within seconds; a cut somewhere on the way does none of it.)
Traffic for others is forwarded by the kernels, hop by hop, by the routes that the network has.
Latency, loss and what else a kernel without netem cannot do is done by relays that stand at the far
end of a way, so that the dial itself still crosses it. So is bandwidth: the kernel has `tbf`, but
that counts real seconds, and would have to be set anew at every change of the run's pace, in a
process of three milliseconds for each direction, while packets of the old pace stand in its queue.
A relay's queue is in simulated time, as its latency is.

TCP's own timers do not accelerate: after a cut, bytes are repeated only when the sender's kernel
thinks fit. Where the kernel lets us, it does so every real second at the latest.
"""

import functools
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
from simulator.live.ip_version import IPV6, IpVersion
from simulator.live.kernel_plan import TO_HOST, TO_SITE, KernelPlan, Plug
from simulator.live.leftovers import REMOVE_NAMESPACES, unless_in_order
from simulator.live.relay import CHUNK_BYTES
from simulator.live.relay_route import SHORTEST_WAIT_NS
from simulator.live.relays import tcp
from simulator.network.link import ALL_ABILITIES, Ability
from simulator.network.path import Path
from simulator.network.route import Route

CUTS = frozenset({Ability.CUT, Ability.CUT_ONE_WAY})
"""What the kernel does itself; for the rest a link needs relays."""

TIMERS = {
    "tcp_rto_min_us": 5_000,
    "tcp_rto_max_ms": 1_000,
    "tcp_syn_retries": 126,
    "tcp_retries2": 255,
}
"""Retransmission from 5 ms to one second apart, for at least two minutes (a dial, as on Linux).

They are settings of IPv4 by their place, and of TCP over IPv6 as well."""

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
        "what a relay has when a route changes is sent anew at once, not when TCP repeats it",
    )

    @classmethod
    def probe(cls) -> None:
        """Probed once for each process: makes two namespaces and removes them."""
        _probe()

    async def _open(self, stack: AsyncExitStack) -> None:
        self.probe()
        netns.remove(netns.orphans())
        self._plan = KernelPlan(self.hosts, self.links, self.transit, self.ip)
        self._names = netns.new_names(self._plan.boxes)
        self._led: dict[tuple[str, str], Path] = {}
        stack.enter_context(unless_in_order(REMOVE_NAMESPACES, *self._names.values()))
        self._lay_out(self._plan.programs)
        self._plan.place_relays([pair for pair in self._pairs if self._is_pair_relayed(*pair)])
        stack.callback(netns.remove, list(self._names.values()))
        self._build()
        for pair, address in self._plan.relays.items():
            make_socket = functools.partial(self._socket, pair[1])
            self._relay(pair, address, make_socket, make_socket)
        for path in self.network.paths:
            self.path_changed(path)
        for route in self.routes():
            self.route_changed(route)

    # Links and relays

    def _is_relayed(self, name: str) -> bool:
        """Whether a relay would have anything to do, now or later: else its work is for nothing."""
        link, lines = self.links[name], self.transit.lines_bit_s
        shortest_ns = SHORTEST_WAIT_NS * self.rate
        limits = (link.bandwidth_bit_s, *(lines.get(end) for end in link.ends))
        slowest_bit_s = min((limit for limit in limits if limit), default=0)
        piece_ns = CHUNK_BYTES * 8 * NS_PER_SECOND / slowest_bit_s if slowest_bit_s else 0
        waits = max(link.latency_ns, link.jitter_ns, piece_ns) >= shortest_ns
        return waits or link.forgets_idle_ns is not None or not link.faults <= CUTS

    def _is_pair_relayed(self, one: str, other: str) -> bool:
        return any(self._is_relayed(name) for name in self._plan.between(one, other))

    # Setting up

    def _build(self) -> None:
        names = self._names
        netns.batch("ip", lines=[f"netns add {name}" for name in names.values()])
        for box in self._plan.boxes:
            for setting, value in self.ip.settings.items():
                _write(names[box], setting, value)
        netns.batch("ip", lines=[self._cable(*plugs) for plugs in self._plan.cables()])
        for box in self._plan.boxes:
            netns.batch("ip", "-n", names[box], lines=self._plan.addressing(box))
        for router in self._plan.routers:
            _write(names[router], self.ip.forwarding, 1)
        for host in self.hosts:
            for setting, value in TIMERS.items():
                _write(names[host], f"ipv4/{setting}", value)
        self._lead()

    def _cable(self, one: Plug, other: Plug) -> str:
        """Both ends of a link have one MAC address and no ARP: a cut host is not found missing."""
        return (
            f"link add {one[1]} netns {self._names[one[0]]} address {_MAC} type veth"
            f" peer name {other[1]} netns {self._names[other[0]]} address {_MAC}"
        )

    def _lead(self) -> None:
        """Give all kernels the routes that they do not have yet; what led nowhere stays."""
        lines: dict[str, list[str]] = {}
        for host in self.hosts:
            for end, hop in self.network.routing.next_hops(host).items():
                if self._led.get((end, host)) is not hop:
                    self._led[end, host] = hop
                    lines.setdefault(self._plan.box(end), []).extend(self._plan.routes(hop, host))
        for box, commands in lines.items():
            netns.batch("ip", "-n", self._names[box], lines=commands)

    def _socket(self, host: str) -> socket.socket:
        with netns.inside(self._names[host]):
            return tcp(family=self.ip.family)

    # Faults

    def _abilities(self, link: str) -> frozenset[Ability]:
        """A bare pair of veths can be cut, and nothing else."""
        return ALL_ABILITIES if self._is_relayed(link) else CUTS

    def path_changed(self, path: Path) -> None:
        """Takes about three milliseconds, in which the event loop stands."""
        box, device = self._plan.device(path)
        ends = {path.source, path.destination} & set(self.hosts) - self._plan.with_router
        carries = path.passable and all(map(self.network.is_up, ends))
        _set_discipline(self._names[box], device, open_=carries)

    def route_changed(self, route: Route) -> None:
        """The kernels follow first, then the relays."""
        self._lead()
        super().route_changed(route)

    def host_changed(self, host: str) -> None:
        """Its cable carries nothing while it has no power; the router of its site does."""
        if host in self._plan.with_router:
            up = self.network.is_up(host)
            _set_discipline(self._names[host], TO_SITE, open_=up)
            _set_discipline(self._names[self._plan.box(host)], TO_HOST, open_=up)
        else:
            for path in self.network.paths:
                if host in {path.source, path.destination}:
                    self.path_changed(path)
        super().host_changed(host)

    # Where things are

    def namespace(self, host: str) -> str:
        """The name of a host's namespace, as `ip netns` lists it."""
        return self._names[host]

    def bind_address(self, host: str) -> str:
        """The host's address in its namespace."""
        return self.network.addresses[host]

    def address_of(self, source: str, destination: str) -> str | None:
        """The destination's address, or that of the relay that stands before it there."""
        if source == destination or (source, destination) in self._pairs:
            return self._plan.relays.get((source, destination), self.bind_address(destination))
        return None

    def command(self, host: str, argv: Sequence[str]) -> list[str]:
        """In the host's namespace; `ip netns exec` becomes the program, so its pid is this one."""
        return ["ip", "netns", "exec", self._names[host], *argv]


class NamespacesOverIpv6(NamespacesBackend):
    """The same with IPv6 addresses."""

    name: ClassVar[str] = "namespaces over IPv6"
    ip: ClassVar[IpVersion] = IPV6

    @classmethod
    def probe(cls) -> None:
        """Raise `Unavailable` where there are no namespaces, or the kernel has no IPv6."""
        super().probe()
        try:
            tcp(family=cls.ip.family).close()
        except OSError as error:
            raise Unavailable(f"the kernel has no IPv6: {error}") from error


def _set_discipline(name: str, device: str, *, open_: bool) -> None:
    discipline = "noqueue" if open_ else "blackhole"
    netns.run("tc", "-n", name, "qdisc", "replace", "dev", device, "root", discipline)


def _write(name: str, setting: str, value: int) -> None:
    """Change a setting of a namespace, where the kernel has it."""
    with netns.inside(name):
        file = FilePath("/proc/sys/net", setting)
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
        _set_discipline(names[0], "probe0", open_=False)
    except netns.CommandFailed as error:
        raise Unavailable(
            f"the kernel lacks network namespaces, veth or blackhole: {error}"
        ) from None
    finally:
        netns.remove(names)
