#!/usr/bin/env bash
# Linux 6.18.44, iproute2 6.1.0, CPython 3.11 and later. Three network namespaces, joined by veth pairs; it needs root.
#
# Behaviour: what a queue of the sender's own host drops is no loss to Linux's TCP. A message that finds nothing else under way
# counts as never sent: it is tried again every half a second, as a probe, without backing off, and after net.ipv4.tcp_retries2 of
# them (15) the connection is given up with ETIMEDOUT. That is after eight seconds, where the kernel's documentation of that setting
# has 924.6 s as the lower bound; one hop further, TCP repeats it as after any other loss. Keepalive has it the other way round: a
# probe that the sender's own queue drops does not count, and so an idle connection is not found dead as long as that lasts.
#
# Output seen (a message on one connection; keepalive after 1 s, and one more probe a second later, on another; both watched for 11 s):
#     no room at the sender:      message ETIMEDOUT after 8 s; keepalive alive
#     no room at the router:      message alive; keepalive ETIMEDOUT after 3 s
#     a full line at the sender:  message ETIMEDOUT after 8 s; keepalive alive
#     a full line at the router:  message alive; keepalive ETIMEDOUT after 3 s
#     blackhole at the sender:    message alive; keepalive ETIMEDOUT after 3 s
#
# Whom it hurts: emulated access lines whose token bucket (tbf) or short queue stands on the sender's own interface, as it does where
# a host is one namespace or container: datagrams of somebody else (voice) that fill the line for eight seconds end the connections
# that had been idle, though the line is up; and a cut that is made of such a queue is another cut than one on the way. Put the
# queue on a router of its own; for a cut there is the qdisc `blackhole`, which drops without telling TCP.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "it needs root, for network namespaces" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'ip netns list | grep -o "^full-$$-[a-z]*" | xargs -r -n1 ip netns delete; rm -rf "$scratch"' EXIT
cd "$scratch"

cat >watched.py <<'PYTHON'
import ctypes
import errno
import socket
import subprocess
import sys
import threading
import time

NEW_NETWORK = 0x40000000
NO_ROOM = ("pfifo", "limit", "0")
LINE = ("tbf", "rate", "8kbit", "burst", "1600", "limit", "2900")
WATCHED_S = 11
FAR = ("203.0.113.1", 7000)
prefix = sys.argv[1]
kernel = ctypes.CDLL(None, use_errno=True)


def within(namespace, opened):
    """A socket that a thread opens in a namespace; it stays there."""
    found = []

    def enter():
        with open(f"/run/netns/{prefix}-{namespace}") as file:
            if kernel.setns(file.fileno(), NEW_NETWORK):
                raise OSError(ctypes.get_errno(), "setns")
        found.append(opened())

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    return found[0]


def queue(namespace, device, *what):
    words = ["ip", "netns", "exec", f"{prefix}-{namespace}", "tc", "qdisc", *(what and ("replace",) or ("delete",))]
    subprocess.run([*words, "dev", device, "root", *what], check=True)


def crowd(source, ended):
    """Datagrams that fill the line, until that is over."""
    while not ended.is_set():
        source.sendto(bytes(1400), (FAR[0], 7001))
        time.sleep(0.0005)


def became(connection, since_s):
    """What is known of a connection when all is over, or as soon as it is dead."""
    connection.settimeout(max(0, since_s + WATCHED_S - time.monotonic()))
    try:
        connection.recv(1)
    except TimeoutError as dead:
        if dead.errno == errno.ETIMEDOUT:
            return f"ETIMEDOUT after {time.monotonic() - since_s:.0f} s"
    return "alive"


def trial(namespace, device, what):
    listening = within("far", lambda: socket.create_server(FAR))
    speaks, rests = (within("near", lambda: socket.create_connection(FAR)) for _ in range(2))
    accepted = [listening.accept() for _ in range(2)]
    ended = threading.Event()
    queue(namespace, device, *what)
    if what is LINE:
        source = within(namespace, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        threading.Thread(target=crowd, args=(source, ended)).start()
        time.sleep(1)
    since_s = time.monotonic()
    speaks.send(b"message")
    for name, value in ("KEEPIDLE", 1), ("KEEPINTVL", 1), ("KEEPCNT", 2):
        rests.setsockopt(socket.IPPROTO_TCP, getattr(socket, f"TCP_{name}"), value)
    rests.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    fates = {}
    watches = [
        threading.Thread(target=lambda name=name, each=each: fates.update({name: became(each, since_s)}))
        for name, each in (("message", speaks), ("keepalive", rests))
    ]
    for watch in watches:
        watch.start()
    for watch in watches:
        watch.join()
    ended.set()
    queue(namespace, device)
    for each in (speaks, rests, listening, *(one for one, _ in accepted)):
        each.close()
    return f"message {fates['message']}; keepalive {fates['keepalive']}"


print("no room at the sender:     ", trial("near", "cable", NO_ROOM))
print("no room at the router:     ", trial("router", "far", NO_ROOM))
print("a full line at the sender: ", trial("near", "cable", LINE))
print("a full line at the router: ", trial("router", "far", LINE))
print("blackhole at the sender:   ", trial("near", "cable", ("blackhole",)))
PYTHON

prefix=full-$$ router=full-$$-router
cable() { # WHO SUBNET: from there to the router; the host is 1 of the subnet and the router 2
    ip -n "$prefix-$1" link add cable type veth peer name "$1" netns "$router"
    ip -n "$prefix-$1" address add "$2.1/24" dev cable
    ip -n "$router" address add "$2.2/24" dev "$1"
    ip -n "$router" link set "$1" up
    ip -n "$prefix-$1" link set cable up
    ip -n "$prefix-$1" route add default via "$2.2"
}
for who in near router far; do ip netns add "$prefix-$who"; done
ip netns exec "$router" sh -c "echo 1 >/proc/sys/net/ipv4/ip_forward"
cable near 198.51.100
cable far 203.0.113

python3 watched.py "$prefix" | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
no room at the sender:      message ETIMEDOUT after 8 s; keepalive alive
no room at the router:      message alive; keepalive ETIMEDOUT after 3 s
a full line at the sender:  message ETIMEDOUT after 8 s; keepalive alive
a full line at the router:  message alive; keepalive ETIMEDOUT after 3 s
blackhole at the sender:    message alive; keepalive ETIMEDOUT after 3 s
SEEN
