"""When real kernels deliver after a heal: as the simulated network does, for both kinds of cut.

TCP's timers are those of the kernel here, as between the computers of an internetwork; a live run
shortens them.
"""

import socket
import struct
import time  # noqa: TID251 - what is measured is a real kernel
from collections.abc import Callable, Iterator
from typing import NamedTuple, Self

import pytest

from licensing.policies import MICROSECOND_NS, NS_PER_SECOND
from simulator.live import netns
from simulator.live.backend import Unavailable
from simulator.live.namespaces import NamespacesBackend
from simulator.network.retransmission import RETRANSMISSION_NS, next_repetition_ns

CUT_S = 4

DOUBLED = 4
"""How often the kernel has doubled its pause, before the heal: the last time after about 3 s."""

SHORT_NS = RETRANSMISSION_NS // 10

INEXACT_S = 1.0
"""A kernel's timers, the probe that comes before its first repetition, and a busy machine."""

_PAUSE = struct.Struct("@4xB3xI")
"""The fields `tcpi_backoff` and `tcpi_rto`, in microseconds, of the kernel's `struct tcp_info`."""


class Cable(NamedTuple):
    """Two namespaces and the veths between them; the names of both."""

    near: str
    far: str


@pytest.fixture
def cable() -> Iterator[Cable]:
    """As a cable straight from one computer to another."""
    try:
        NamespacesBackend.probe()
    except Unavailable as reason:
        pytest.skip(f"no namespaces: {reason}")
    names = netns.new_names(["near", "far"])
    try:
        netns.batch("ip", lines=[f"netns add {name}" for name in names.values()])
        near, far = names.values()
        netns.batch("ip", lines=[f"link add cable netns {near} type veth peer cable netns {far}"])
        for number, name in enumerate(names.values(), 1):
            lines = [f"address add 198.18.0.{number}/24 dev cable", "link set cable up"]
            netns.batch("ip", "-n", name, lines=lines)
        yield Cable(near, far)
    finally:
        netns.remove(list(names.values()))


class Pause(NamedTuple):
    """How long the kernel waits for an acknowledgement, and how often it has doubled that."""

    doubled: int
    pause_ns: int

    @classmethod
    def of(cls, connection: socket.socket) -> Self:
        """As the kernel says now."""
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _PAUSE.size)
        doubled, pause_us = _PAUSE.unpack(info)
        return cls(doubled, pause_us * MICROSECOND_NS)

    @property
    def round_trip_ns(self) -> int:
        """What it adds to its shortest pause by what it has seen: more on a busy machine."""
        return max(0, (self.pause_ns >> self.doubled) - RETRANSMISSION_NS)


def exchange_until_the_pause_is_short(near: socket.socket, far: socket.socket) -> None:
    """A connection that begins before the kernel knows of the carrier has a round trip of a second.

    Each further one that is short counts for an eighth.
    """
    for _ in range(100):
        if Pause.of(near).round_trip_ns < SHORT_NS:
            return
        for sender, receiver in ((near, far), (far, near)):
            sender.sendall(b"before")
            assert receiver.recv(6) == b"before"
    raise AssertionError(f"100 exchanges, and its pause is still {Pause.of(near)}")


def wait_between_two_repetitions(sending: socket.socket) -> None:
    """Until half of a doubled pause is over, by the kernel's own count.

    No instant of a clock will do: on a busy machine it may be that of a repetition.
    """
    while (pause := Pause.of(sending)).doubled < DOUBLED:  # by timers of the kernel alone
        time.sleep(0.01)
    time.sleep(pause.pause_ns / 2 / NS_PER_SECOND)


def on_the_way(cable: Cable, cut: bool) -> None:
    """What is sent vanishes, and both ends see a carrier."""
    discipline = "blackhole" if cut else "noqueue"
    netns.run("tc", "-n", cable.near, "qdisc", "replace", "dev", "cable", "root", discipline)


def at_the_peer(cable: Cable, cut: bool) -> None:
    """The other computer's end is down, and with it the carrier."""
    netns.run("ip", "-n", cable.far, "link", "set", "cable", "down" if cut else "up")


@pytest.mark.parametrize(("cut", "carrier_lost"), [(on_the_way, False), (at_the_peer, True)])
def test_a_byte_sent_at_the_cut_arrives_with_the_next_repetition(
    cable: Cable, cut: Callable[[Cable, bool], None], *, carrier_lost: bool
) -> None:
    """A kernel that sees a carrier has doubled its pauses; one that does not tries all the time."""
    with netns.inside(cable.far):
        listening = socket.create_server(("198.18.0.2", 8102))
    with netns.inside(cable.near):
        sending = socket.create_connection(("198.18.0.2", 8102), timeout=10)
    receiving, _ = listening.accept()
    with listening, sending, receiving:
        receiving.settimeout(30)
        exchange_until_the_pause_is_short(sending, receiving)
        cut(cable, True)
        sent_ns = time.monotonic_ns()
        sending.sendall(b"x")
        if carrier_lost:
            time.sleep(CUT_S)
        else:
            wait_between_two_repetitions(sending)
        round_trip_ns = Pause.of(sending).round_trip_ns
        cut(cable, False)
        healed_ns = time.monotonic_ns()
        assert receiving.recv(1) == b"x"
        arrived_ns = time.monotonic_ns()
    expected_ns = next_repetition_ns(
        sent_ns, healed_ns, round_trip_ns=round_trip_ns, carrier_lost=carrier_lost
    )
    waited_s, expected_s = (
        (instant_ns - healed_ns) / NS_PER_SECOND for instant_ns in (arrived_ns, expected_ns)
    )
    assert waited_s == pytest.approx(expected_s, abs=INEXACT_S)
