#!/usr/bin/env bash
# Linux 6.18.44, iproute2 6.1.0, CPython 3.11 and later. Two network namespaces, joined by a veth pair; it needs root.
#
# Behaviour: TCP_SYNCNT and net.ipv4.tcp_syn_retries do not count SYNs any more. Since Linux 6.5 the pauses between the first ones
# stay at a second (net.ipv4.tcp_syn_linear_timeouts, 4 by default) before they double, and what is limited is the time after
# which so many doublings would have ended, and not how many were sent. So a dial that may repeat its SYN three times repeats it
# seven times, and one that the manual pages and everybody's memory end after 1 + 2 + 4 + 8 = 15 s ends after 19 s. By default (6)
# it was eleven SYNs in 135 s in place of seven in 127 s.
#
# Output seen (seconds after the first SYN at which the others came; when the dial was given up):
#     linear 4, TCP_SYNCNT 1: 1 2; 3 s
#     linear 4, TCP_SYNCNT 2: 1 2 3 4 5; 7 s
#     linear 4, TCP_SYNCNT 3: 1 2 3 4 5 7 11; 19 s
#     linear 0, TCP_SYNCNT 3: 1 3 7; 15 s
#
# Whom it hurts: models of networks and of redialing with 0, 1, 3, 7, 15, 31, 63: a way that opens again is found within a second in
# the first five seconds, and four seconds later afterwards; rules of firewalls and alarms that count SYNs; tests of both that run
# on kernels of two kinds. With tcp_syn_linear_timeouts at 0, which each namespace has for itself, all is as it was.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "it needs root, for network namespaces" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'ip netns list | grep -o "^syn-$$-[0-9a-z-]*" | xargs -r -n1 ip netns delete; rm -rf "$scratch"' EXIT
cd "$scratch"

cat >dials.py <<'PYTHON'
import ctypes
import os
import socket
import subprocess
import sys
import threading
import time

NEW_NETWORK, ALL_OF_IP, PACKETS = 0x40000000, socket.htons(0x0800), socket.AF_PACKET
kernel = ctypes.CDLL(None, use_errno=True)


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def enter(namespace):
    with open(f"/run/netns/{namespace}") as file:
        if kernel.setns(file.fileno(), NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "setns")


def listen(far, seen):
    """Note when each SYN arrives."""
    enter(far)
    wire = socket.socket(PACKETS, socket.SOCK_RAW, ALL_OF_IP)
    while packet := wire.recv(200):
        if packet[23] == socket.IPPROTO_TCP and packet[47] & 0x02:
            seen.append(time.monotonic())


def dial(near, retries, gave_up):
    enter(near)
    caller = socket.socket()
    caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, retries)
    try:
        caller.connect(("198.51.100.2", 7000))
    except TimeoutError:
        gave_up.append(time.monotonic())


def trial(prefix, linear, retries, told):
    near, far = f"{prefix}-near-{linear}-{retries}", f"{prefix}-far-{linear}-{retries}"
    for namespace in (near, far):
        ip("netns", "add", namespace)
        ip("-n", namespace, "link", "set", "lo", "up")
    ip("-n", near, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", far)
    for namespace, number in ((near, 1), (far, 2)):
        ip("-n", namespace, "address", "add", f"198.51.100.{number}/24", "dev", "cable")
        ip("-n", namespace, "link", "set", "cable", "up")
    ip("-n", far, "route", "add", "blackhole", "198.51.100.1/32")  # no answer comes back
    linearly = f"echo {linear} >/proc/sys/net/ipv4/tcp_syn_linear_timeouts"
    ip("netns", "exec", near, "sh", "-c", linearly)
    seen, gave_up = [], []
    threading.Thread(target=listen, args=(far, seen), daemon=True).start()
    time.sleep(1)
    caller = threading.Thread(target=dial, args=(near, retries, gave_up))
    caller.start()
    caller.join()
    after_s = [int(at - seen[0] + 0.1) for at in (*seen[1:], gave_up[0])]
    told[linear, retries] = f"{' '.join(map(str, after_s[:-1]))}; {after_s[-1]} s"


told = {}
trials = [(4, 1), (4, 2), (4, 3), (0, 3)]
threads = [threading.Thread(target=trial, args=(sys.argv[1], *each, told)) for each in trials]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for linear, retries in trials:
    print(f"linear {linear}, TCP_SYNCNT {retries}: {told[linear, retries]}")
sys.stdout.flush()
os._exit(0)
PYTHON

python3 dials.py "syn-$$" | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
linear 4, TCP_SYNCNT 1: 1 2; 3 s
linear 4, TCP_SYNCNT 2: 1 2 3 4 5; 7 s
linear 4, TCP_SYNCNT 3: 1 2 3 4 5 7 11; 19 s
linear 0, TCP_SYNCNT 3: 1 3 7; 15 s
SEEN
