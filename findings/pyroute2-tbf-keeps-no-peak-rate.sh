#!/usr/bin/env bash
# pyroute2 0.9.7, Linux 6.18.44, iproute2 6.1.0, CPython 3.11 and later. Two network namespaces, joined by a veth pair; needs root.
#
# Behaviour: for a token bucket (`IPRoute.tc("add", "tbf", ...)`) a `peak` rate is taken, has to come with its `mtu`, and makes the
# queue shorter that is computed from a latency; but it does not reach the kernel. The filter has no peak rate, thus what the bucket
# holds leaves at the speed of the device. No error is given. iproute2's `peakrate` does what it says.
#
# Output seen (100 kbit/s, a bucket of 20,000 bytes, a peak of 200 kbit/s; ten packets of 1000 bytes, which take 360 ms at the
# peak):
#     iproute2: peakrate 200Kbit, the ten within 200 ms: no
#     pyroute2: no peakrate,      the ten within 200 ms: yes
#
# Whom it hurts: emulated access lines (DSL, leased lines, SIP trunks) whose bursts are to be smooth: what shares the line with
# them, such as voice, meets all that the bucket holds at once. Look what the kernel has (`tc qdisc show`), or let `tc` set it.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "it needs root, for network namespaces" >&2; exit 1; }
scratch=$(mktemp -d)
near=peak-$$-near far=peak-$$-far
trap 'ip netns list | grep -o "^peak-$$-[a-z]*" | xargs -r -n1 ip netns delete; rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=$PWD/environment/bin/python
$python -m pip --quiet --disable-pip-version-check install pyroute2==0.9.7 2>/dev/null

ip netns add "$near"
ip netns add "$far"
ip -n "$near" link add line type veth peer name line netns "$far"
ip -n "$near" address add 203.0.113.1/24 dev line
ip -n "$far" address add 203.0.113.2/24 dev line
ip -n "$near" link set line up
ip -n "$far" link set line up
ip -n "$near" neighbour add 203.0.113.2 dev line lladdr "$(ip netns exec "$far" cat /sys/class/net/line/address)"

cat >filter.py <<'PYTHON'
from pyroute2 import IPRoute

with IPRoute() as route:
    [line] = route.link_lookup(ifname="line")
    route.tc("add", "tbf", line, handle="1:", rate="100kbit", burst=20_000, latency="500ms", peak="200kbit", mtu=1540)
PYTHON

cat >ten.py <<'PYTHON'
import ctypes
import socket
import sys
import time

NEW_NETWORK, TEN = 0x40000000, 10
kernel = ctypes.CDLL(None, use_errno=True)


def bound(namespace):
    with open(f"/run/netns/{namespace}") as file:
        if kernel.setns(file.fileno(), NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "setns")
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.settimeout(5)
    return made


listener = bound(sys.argv[2])
listener.bind(("", 7000))
caller = bound(sys.argv[1])
for _ in range(TEN):
    caller.sendto(bytes(1000 - 42), ("203.0.113.2", 7000))
came = []
for _ in range(TEN):
    listener.recv(2000)
    came.append(time.monotonic())
print("yes" if came[-1] - came[0] < 0.2 else "no")
PYTHON

shown() {
    local peak
    peak=$(tc -n "$near" qdisc show dev line | grep -o 'peakrate [^ ]*' || echo "no peakrate")
    printf '%s: %-17s the ten within 200 ms: %s\n' "$1" "$peak," "$($python ten.py "$near" "$far")"
    tc -n "$near" qdisc delete dev line root
}

tc -n "$near" qdisc add dev line root handle 1: tbf rate 100kbit burst 20000 latency 500ms peakrate 200kbit mtu 1540
shown iproute2 | tee seen
ip netns exec "$near" "$python" filter.py
shown pyroute2 | tee -a seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
iproute2: peakrate 200Kbit, the ten within 200 ms: no
pyroute2: no peakrate,      the ten within 200 ms: yes
SEEN
