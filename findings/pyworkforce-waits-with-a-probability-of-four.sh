#!/usr/bin/env bash
# pyworkforce 0.5.1; CPython 3.11 and later.
#
# Behaviour: `ErlangC.waiting_probability` is the formula without its condition, which is that there are more positions than load. With
# fewer the queue grows for ever and everybody waits: 1 is the answer. What comes instead is above 1, and more the fewer there are.
# `service_level` of the same is 0, and `achieved_occupancy` above 1; none of them says anything. Exactly as many positions as load
# give 1, and with more all is as in the tables.
#
# Output seen (100 calls of 3 minutes in half an hour: 10 Erlang; answered within 20 s):
#     5 positions: waits 4.41, within 20 s 0.00, occupancy 2.00
#     8 positions: waits 1.96, within 20 s 0.00, occupancy 1.25
#     9 positions: waits 1.42, within 20 s 0.00, occupancy 1.11
#     10 positions: waits 1.00, within 20 s 0.00, occupancy 1.00
#     11 positions: waits 0.68, within 20 s 0.39, occupancy 0.91
#     14 positions: waits 0.17, within 20 s 0.89, occupancy 0.71
#
# Whom it hurts: who plans attendants of a telephone system, or licenses for them, over a range of numbers, and multiplies: callers
# that wait, four times as many as call; an average over half-hours of which one is overloaded is too high without a sign of it.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install pyworkforce==0.5.1 2>/dev/null

cat >attendants.py <<'PYTHON'
from pyworkforce.queuing import ErlangC

calls = ErlangC(transactions=100, aht=3, asa=20 / 60, interval=30)
for positions in (5, 8, 9, 10, 11, 14):
    waits = calls.waiting_probability(positions)
    within = calls.service_level(positions)
    occupancy = calls.achieved_occupancy(positions)
    print(f"{positions} positions: waits {waits:.2f}, within 20 s {within:.2f}, occupancy {occupancy:.2f}")
PYTHON

$python attendants.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
5 positions: waits 4.41, within 20 s 0.00, occupancy 2.00
8 positions: waits 1.96, within 20 s 0.00, occupancy 1.25
9 positions: waits 1.42, within 20 s 0.00, occupancy 1.11
10 positions: waits 1.00, within 20 s 0.00, occupancy 1.00
11 positions: waits 0.68, within 20 s 0.39, occupancy 0.91
14 positions: waits 0.17, within 20 s 0.89, occupancy 0.71
SEEN
