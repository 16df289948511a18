#!/usr/bin/env bash
# Linux 6.18.44, iproute2 6.1.0, CPython 3.11 and later. Three network namespaces, joined by veth pairs; it needs root.
#
# Behaviour: where one end of a veth pair has a smaller MTU than the other, that end drops what is too large, with four bytes to
# spare (those of a VLAN tag) - but not the segments of TCP that were sent together. They cross as one packet with segmentation
# still ahead (GSO), of which veth does not look at the length. So a black hole for large packets that is made of a wrong MTU lets
# most of a transfer through: only a segment that is too large and travels alone is lost, such as a short message or the end of a
# long one. On a real link all are lost, and with veth too when each segment has to travel alone (gso_max_segs 1).
#
# Output seen (MTU 9000 on all of the way, and 1500 at the far end of the first cable; what arrives of messages of so many bytes):
#     UDP:                     1476 all, 1477 none, 8000 none
#     TCP:                     1000 all, 8000 none, 12000 all, 30000 a part
#     TCP with gso_max_segs 1: 1000 all, 8000 none, 12000 none, 30000 none
#
# Whom it hurts: tests of what a program does on a way whose MTU is wrong (tunnels, one end without jumbo frames), in namespaces,
# containers or mininet: the message of 8 kB hangs, the one of 12 kB arrives, the file of megabytes hangs somewhere or nowhere;
# a trial with datagrams shows a clean border. Set gso_max_segs to 1 on the sender's device, then the black hole is one.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "it needs root, for network namespaces" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'ip netns list | grep -o "^mtu-$$-[a-z]*" | xargs -r -n1 ip netns delete; rm -rf "$scratch"' EXIT
cd "$scratch"

cat >messages.py <<'PYTHON'
import ctypes
import socket
import sys
import threading

NEW_NETWORK = 0x40000000
NEAR, FAR = sys.argv[1:3]
kernel = ctypes.CDLL(None, use_errno=True)


def enter(namespace):
    with open(f"/run/netns/{namespace}") as file:
        if kernel.setns(file.fileno(), NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "setns")


def read(connection):
    """How many bytes came before a second of silence."""
    connection.settimeout(1)
    count = 0
    try:
        while said := connection.recv(65536):
            count += len(said)
            if connection.type == socket.SOCK_DGRAM:
                break
    except TimeoutError:
        pass
    return count


def listen(kind, ready, came, heard):
    enter(FAR)
    listener = socket.socket(socket.AF_INET, kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", 7000))
    if kind == socket.SOCK_STREAM:
        listener.listen()
    ready.set()
    came.append(read(listener.accept()[0] if kind == socket.SOCK_STREAM else listener))
    heard.set()


def say(kind, size, heard):
    enter(NEAR)
    caller = socket.socket(socket.AF_INET, kind)
    caller.connect(("203.0.113.1", 7000))
    caller.send(bytes(size))
    heard.wait()


def arrived(kind, size):
    ready, heard, came = threading.Event(), threading.Event(), []
    listener = threading.Thread(target=listen, args=(kind, ready, came, heard))
    caller = threading.Thread(target=say, args=(kind, size, heard))
    listener.start()
    ready.wait()
    caller.start()
    for thread in (listener, caller):
        thread.join()
    return "none" if came == [0] else "all" if came == [size] else "a part"


kind, *sizes = sys.argv[3:]
print(", ".join(f"{size} {arrived(getattr(socket, kind), int(size))}" for size in sizes))
PYTHON

prefix=mtu-$$ router=mtu-$$-router
cable() { # WHO MTU SUBNET: from there to the router, whose end has this MTU; the host is 1 of the subnet and the router 2
    ip -n "$prefix-$1" link add cable mtu 9000 type veth peer name "$1" mtu "$2" netns "$router"
    ip -n "$prefix-$1" address add "$3.1/24" dev cable
    ip -n "$router" address add "$3.2/24" dev "$1"
    ip -n "$router" link set "$1" up
    ip -n "$prefix-$1" link set cable up
    ip -n "$prefix-$1" route add default via "$3.2"
}
for who in near router far; do ip netns add "$prefix-$who"; done
ip netns exec "$router" sh -c "echo 1 >/proc/sys/net/ipv4/ip_forward"
cable near 1500 198.51.100
cable far 9000 203.0.113

sent() { python3 messages.py "$prefix-near" "$prefix-far" "$@"; } # KIND SIZE...

{
    echo "UDP:                     $(sent SOCK_DGRAM 1476 1477 8000)"
    echo "TCP:                     $(sent SOCK_STREAM 1000 8000 12000 30000)"
    ip -n "$prefix-near" link set cable gso_max_segs 1
    echo "TCP with gso_max_segs 1: $(sent SOCK_STREAM 1000 8000 12000 30000)"
} | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
UDP:                     1476 all, 1477 none, 8000 none
TCP:                     1000 all, 8000 none, 12000 all, 30000 a part
TCP with gso_max_segs 1: 1000 all, 8000 none, 12000 none, 30000 none
SEEN
