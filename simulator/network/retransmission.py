"""When TCP repeats what was not acknowledged, as Linux does it; pure. All in nanoseconds.

After a heal what was held arrives with the next repetition, not at once. How long that takes is for
the kernel of the sender to say. A cut is somewhere on the way: the kernel has doubled its
pauses meanwhile. A peer whose power has failed takes the carrier of their cable with it: a kernel
that cannot even send asks for its neighbour all the time, and doubles nothing (RFC 6069; on Linux
as long as its loopback is up: `findings/linux-tcp-without-carrier-needs-loopback.sh`).
"""

from collections.abc import Iterator

from licensing.policies import NS_PER_SECOND

RETRANSMISSION_NS = 200_000_000
"""After how long TCP repeats what was lost, at least; twice as long each further time."""

LONGEST_RETRANSMISSION_NS = 120 * NS_PER_SECOND

WITHOUT_CARRIER_NS = NS_PER_SECOND // 2
"""Linux 6.18 asks once a second: 0.0 to 1.0 s after the heal were measured, this on average."""

SYN_NS = tuple(second * NS_PER_SECOND for second in (0, 1, 3, 7, 15, 31, 63))
"""When each SYN is sent, after a dial began, up to Linux 6.4.

Later ones send more at first: `findings/linux-dials-more-often-than-it-is-told.sh`.
"""


def next_repetition_ns(
    sent_ns: int, now_ns: int, *, round_trip_ns: int, carrier_lost: bool = False
) -> int:
    """The first instant from `now_ns` on at which what was sent at `sent_ns` is sent again."""
    if carrier_lost:
        passed = -(-(now_ns - sent_ns) // WITHOUT_CARRIER_NS)
        return sent_ns + max(1, passed) * WITHOUT_CARRIER_NS
    pause_ns = RETRANSMISSION_NS + round_trip_ns
    repeated_ns = sent_ns + pause_ns
    while repeated_ns < now_ns:
        pause_ns = min(2 * pause_ns, LONGEST_RETRANSMISSION_NS)
        repeated_ns += pause_ns
    return repeated_ns


def repetitions_ns(late_ns: int, delay_ns: int) -> Iterator[int]:
    """After how long each repetition is sent of what was lost on the way and is `late_ns` late.

    `delay_ns` is how long it travels; the last one gets through.
    """
    pause_ns = max(RETRANSMISSION_NS, 2 * delay_ns)
    repeated_ns = pause_ns
    while repeated_ns < late_ns:
        yield repeated_ns
        pause_ns *= 2
        repeated_ns += pause_ns
    if late_ns:
        yield late_ns
