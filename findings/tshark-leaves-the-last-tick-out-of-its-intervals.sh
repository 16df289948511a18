#!/usr/bin/env bash
# tshark 4.0.17 (Debian 12: tshark 4.0.17-0+deb12u3), with captures written by dpkt 1.9.8.
#
# Behaviour: `-z io,stat,INTERVAL` counts the packets of each interval. Where the capture lasts a whole number of intervals, those
# that come at its very end (to half a microsecond: all those of the last tick) are in no interval: none is printed for them.
# Of a capture of another length, and by `io,stat,0`, all are counted, so it is not seen where one tries it out on a real network.
#
# Output seen (a request and its reply each minute from 0:00 to 1:00, thus 61 times; frames in all intervals together):
#     all in one:               122 of 122
#     intervals of 60 s:        120 of 122
#     intervals of 600 s:       120 of 122
#     intervals of 3600 s:      120 of 122
#     intervals of 7 s:         122 of 122
#     of 60 s, one 30 s before: 122 of 122
#
# Whom it hurts: who counts what is sent at set times: captures of simulators, of replays and of keepalives that a timer sends, over
# round times. The last round of them is not there, whether one interval is a minute or an hour, and each sum is short by it; a rate
# in the last interval is right, so nothing looks odd. An interval that does not divide the length has them all.
set -euo pipefail
command -v tshark >/dev/null || { echo "it needs tshark, 4.0.17" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install dpkt==1.9.8 2>/dev/null

cat >capture.py <<'PYTHON'
import sys
from ipaddress import ip_address

from dpkt.ip import IP, IP_PROTO_UDP
from dpkt.pcap import DLT_RAW, Writer
from dpkt.udp import UDP

START_S, MINUTE_S = 1_700_000_000, 60
HOSTS = [ip_address(f"192.0.2.{number}").packed for number in (1, 2)]


def packet(src, dst, said):
    datagram = UDP(sport=40000, dport=40000, data=said, ulen=8 + len(said))
    return IP(src=src, dst=dst, p=IP_PROTO_UDP, data=datagram, len=28 + len(said))


with open(sys.argv[1], "wb") as file:
    capture = Writer(file, linktype=DLT_RAW)
    for before_s in map(int, sys.argv[2:]):
        capture.writepkt(packet(*HOSTS, b"first"), START_S - before_s)
    for minute in range(61):
        for src, dst in (HOSTS, HOSTS[::-1]):
            capture.writepkt(packet(src, dst, b"alive"), START_S + minute * MINUTE_S)
PYTHON
$python capture.py hour.pcap
$python capture.py longer.pcap 30

counted() { # FILE SECONDS
    tshark -r "$1" -q -z "io,stat,$2" 2>/dev/null | awk -F'|' '/<>/ { frames += $3 } END { printf "%d", frames }'
}

seen=$(
    echo "all in one:               $(counted hour.pcap 0) of 122"
    for seconds in 60 600 3600 7; do
        printf '%-25s %s of 122\n' "intervals of $seconds s:" "$(counted hour.pcap "$seconds")"
    done
    echo "of 60 s, one 30 s before: $(($(counted longer.pcap 60) - 1)) of 122"
)
echo "$seen"
diff - <(echo "$seen") <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
all in one:               122 of 122
intervals of 60 s:        120 of 122
intervals of 600 s:       120 of 122
intervals of 3600 s:      120 of 122
intervals of 7 s:         122 of 122
of 60 s, one 30 s before: 122 of 122
SEEN
