#!/usr/bin/env bash
# scapy 2.8.0, read by tshark 4.0.17 (Debian 12: tshark 4.0.17-0+deb12u3), CPython 3.11 and later.
#
# Behaviour: `wrpcap` takes the seconds of a packet's time from a float of it, and what is behind the point from the exact number.
# In the last 119 nanoseconds of a second the float is the next second already (a float has steps of 238 ns at times of today): with
# `nano=True` such a packet is written with the next second *and* 999,999,9xx nanoseconds, a whole second late. Without `nano` the
# microseconds are rounded without a carry, so that of the last half a microsecond of a second a field of 1,000,000 microseconds
# comes, which is none; readers make of it what they like. No error is given.
#
# Output seen (the time given; what tshark, and scapy itself, read from the file):
#     nano:  1800000000.999999800 tshark 1800000000.999999800, scapy 1800000000.999999800
#     nano:  1800000000.999999900 tshark 1800000001.999999900, scapy 1800000001.999999900
#     nano:  1800000001.000000000 tshark 1800000001.000000000, scapy 1800000001.000000000
#     micro: 1800000000.999999400 tshark 1800000000.999999000, scapy 1800000000.999999
#     micro: 1800000000.999999700 tshark 1800000000.1000000000, scapy 1800000001.000000
#     micro: 1800000000.999999900 tshark 1800000001.1000000000, scapy 1800000002.000000
#     micro: 1800000001.000000000 tshark 1800000001.000000000, scapy 1800000001.000000
#
# Whom it hurts: who filters, rewrites or merges long captures: of ten million packets about five get a million microseconds, and
# one comes a second late, with `nano` too. Packets go back in time, a round trip of a microsecond seems to last a second, and
# ".1000000000" is taken for a tenth of a second. Times that are rounded to microseconds before they are given stay what they are.
set -euo pipefail
command -v tshark >/dev/null || { echo "it needs tshark, 4.0.17" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install scapy==2.8.0 2>/dev/null

cat >written.py <<'PYTHON'
import subprocess
from decimal import Decimal

from scapy.layers.inet import IP, UDP
from scapy.utils import EDecimal, rdpcap, wrpcap

TSHARK = "tshark -r written.pcap -T fields -e frame.time_epoch".split()


def packet(time):
    made = IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=40000, dport=40000) / b"alive"
    made.time = EDecimal(time)
    return made


for name, nano, behind in (
    ("nano:  ", True, ("0.9999998", "0.9999999", "1")),
    ("micro: ", False, ("0.9999994", "0.9999997", "0.9999999", "1")),
):
    times = [1_800_000_000 + Decimal(each) for each in behind]
    wrpcap("written.pcap", [packet(each) for each in times], nano=nano)
    by_tshark = subprocess.run(TSHARK, capture_output=True, text=True, check=True).stdout.split()
    by_scapy = [each.time for each in rdpcap("written.pcap")]
    for given, one, other in zip(times, by_tshark, by_scapy, strict=True):
        print(f"{name}{given:.9f} tshark {one}, scapy {other}")
PYTHON

$python written.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
nano:  1800000000.999999800 tshark 1800000000.999999800, scapy 1800000000.999999800
nano:  1800000000.999999900 tshark 1800000001.999999900, scapy 1800000001.999999900
nano:  1800000001.000000000 tshark 1800000001.000000000, scapy 1800000001.000000000
micro: 1800000000.999999400 tshark 1800000000.999999000, scapy 1800000000.999999
micro: 1800000000.999999700 tshark 1800000000.1000000000, scapy 1800000001.000000
micro: 1800000000.999999900 tshark 1800000001.1000000000, scapy 1800000002.000000
micro: 1800000001.000000000 tshark 1800000001.000000000, scapy 1800000001.000000
SEEN
