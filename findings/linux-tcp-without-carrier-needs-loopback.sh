#!/usr/bin/env bash
# Linux 6.18.44, iproute2 6.1.0, CPython 3.11 and later. Two network namespaces, joined by a veth pair; it needs root.
#
# Behaviour: how soon TCP delivers after a cable is plugged in again depends on whether the *loopback* interface of the sender's
# namespace is up. Without carrier the sender forgets its neighbour and asks for it once a second; when nobody answers for three
# seconds, the kernel sends "host unreachable" to itself, and its TCP takes one doubling of its pause back (RFC 6069). That message
# travels over `lo`. Where `lo` is down, as in every new namespace, it is lost: the pause doubles as for a loss far away, and what
# waits is delivered many seconds after the heal. IPv4 connections between the two hosts work without `lo` in every other way.
#
# Output seen (a byte sent right after the far end of the cable went down; seconds from the heal to its arrival):
#     lo is up, cut of 22 s: 0.7
#     lo is up, cut of 36 s: 0.0
#     lo is down, cut of 22 s: 8.8
#     lo is down, cut of 36 s: 21.4
#
# Whom it hurts: network emulators and tests of failover which make their namespaces by hand: they measure a recovery of up to two
# minutes that no host of the field shows, since there `lo` is always up. `ip -n NAME link set lo up` is all that it takes.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "it needs root, for network namespaces" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'ip netns list | grep -o "^lcd-$$-[0-9a-z-]*" | xargs -r -n1 ip netns delete; rm -rf "$scratch"' EXIT
cd "$scratch"

cat >cuts.py <<'PYTHON'
import ctypes
import os
import socket
import subprocess
import sys
import threading
import time

NEW_NETWORK = 0x40000000
kernel = ctypes.CDLL(None, use_errno=True)
delivered_after_s = {}


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def within(namespace, opened):
    """A socket that a thread opens in a namespace; it stays there."""
    found = []

    def enter():
        with open(f"/run/netns/{namespace}") as file:
            if kernel.setns(file.fileno(), NEW_NETWORK):
                raise OSError(ctypes.get_errno(), "setns")
        found.append(opened())

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    return found[0]


def cut(prefix, loopback, cut_s):
    near, far = f"{prefix}-near-{loopback}-{cut_s}", f"{prefix}-far-{loopback}-{cut_s}"
    for namespace in (near, far):
        ip("netns", "add", namespace)
        ip("-n", namespace, "link", "set", "lo", loopback)
    ip("-n", near, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", far)
    for namespace, number in ((near, 1), (far, 2)):
        ip("-n", namespace, "address", "add", f"198.51.100.{number}/24", "dev", "cable")
        ip("-n", namespace, "link", "set", "cable", "up")
    listening = within(far, lambda: socket.create_server(("198.51.100.2", 7000)))
    sender = within(near, lambda: socket.create_connection(("198.51.100.2", 7000)))
    receiver, _ = listening.accept()
    sender.send(b"1")
    receiver.recv(1)
    ip("-n", far, "link", "set", "cable", "down")
    sender.send(b"2")
    time.sleep(cut_s)
    healing_s = time.monotonic()
    ip("-n", far, "link", "set", "cable", "up")
    receiver.recv(1)
    delivered_after_s[loopback, cut_s] = time.monotonic() - healing_s


trials = [(loopback, cut_s) for loopback in ("up", "down") for cut_s in (22, 36)]
threads = [threading.Thread(target=cut, args=(sys.argv[1], *trial)) for trial in trials]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for trial in trials:
    print("lo is {}, cut of {} s:".format(*trial), f"{delivered_after_s[trial]:.1f}")
up = max(after_s for (loopback, _), after_s in delivered_after_s.items() if loopback == "up")
down = min(after_s for (loopback, _), after_s in delivered_after_s.items() if loopback == "down")
sys.exit(not (up < 2.5 and down > 2 * up))
PYTHON

python3 cuts.py "lcd-$$" || { echo "the behaviour has changed" >&2; exit 1; }
