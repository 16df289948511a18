#!/usr/bin/env bash
# scapy 2.8.0, dpkt 1.9.8, python-pcapng 2.1.1, CPython 3.11 and later; tshark 4.0.17 (Debian 12: tshark 4.0.17-0+deb12u3).
#
# Behaviour: in pcapng each interface has its own unit of time and link type, and each section its own interfaces; files may be
# joined with `cat`. dpkt reads every packet by the first interface of the file. scapy knows interfaces, but not that a section
# begins to count them anew: it reads the second file by the interfaces of the first. Neither gives an error: packets are of
# January 1970 or of the year 55840, and an Ethernet frame is shown as an IP packet from elsewhere. mergecap writes one section,
# which scapy reads well. python-pcapng and tshark read them all.
#
# Output seen (two captures of the same packet: raw IP with nanoseconds, and Ethernet with microseconds a second later):
#     cat raw ether, tshark:        1700000000 1700000001; from 192.0.2.1 192.0.2.1
#     cat raw ether, python-pcapng: 1700000000 1700000001
#     cat raw ether, scapy:         1700000000 1700000.001; from 192.0.2.1 8.0.69.0
#     cat raw ether, dpkt:          1700000000 1700000.001
#     cat ether raw, scapy:         1700000001 1700000000000; from 192.0.2.1 none
#     cat ether raw, dpkt:          1700000001 1700000000000
#     mergecap, scapy:              1700000000 1700000001; from 192.0.2.1 192.0.2.1
#     mergecap, dpkt:               1700000000 1700000.001
#
# Whom it hurts: who puts captures of several hosts or several tools together and counts packets, delays or addresses in Python.
# Captures of one tool have one unit, so it does not happen where one tries it out. mergecap in place of `cat` is enough for scapy;
# for dpkt each capture has to stay a file of its own.
set -euo pipefail
command -v tshark >/dev/null || { echo "it needs tshark, 4.0.17" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install scapy==2.8.0 dpkt==1.9.8 python-pcapng==2.1.1 2>/dev/null

cat >capture.py <<'PYTHON'
from scapy.all import IP, UDP, Ether, wrpcap

said = IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=7000, dport=7001) / b"said"
framed = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / said
said.time, framed.time = 1_700_000_000, 1_700_000_001
wrpcap("raw.pcap", said, nano=True)
wrpcap("ether.pcap", framed)
PYTHON
$python capture.py 2>/dev/null
for name in raw ether; do editcap -F pcapng $name.pcap $name.pcapng; done
cat raw.pcapng ether.pcapng >raw-ether.pcapng
cat ether.pcapng raw.pcapng >ether-raw.pcapng
mergecap -w merged.pcapng raw.pcapng ether.pcapng

cat >read.py <<'PYTHON'
import sys

import dpkt
import pcapng
from scapy.all import IP, rdpcap

reader, path = sys.argv[1:]
source = ""
if reader == "scapy":
    packets = rdpcap(path)
    times = [packet.time for packet in packets]
    source = "; from " + " ".join(packet[IP].src if IP in packet else "none" for packet in packets)
elif reader == "dpkt":
    times = [time for time, _ in dpkt.pcapng.Reader(open(path, "rb"))]
else:
    blocks = pcapng.FileScanner(open(path, "rb"))
    times = [block.timestamp for block in blocks if isinstance(block, pcapng.blocks.EnhancedPacket)]
print(*(f"{float(time):.3f}".removesuffix(".000") for time in times), end=source + "\n")
PYTHON

shown() { # FIELD: that of both packets, as tshark reads it
    tshark -r raw-ether.pcapng -T fields -e "$1" 2>/dev/null | sed 's/\.0*$//' | paste -sd ' '
}

seen=$(
    echo "cat raw ether, tshark:        $(shown frame.time_epoch); from $(shown ip.src)"
    echo "cat raw ether, python-pcapng: $($python read.py python-pcapng raw-ether.pcapng)"
    echo "cat raw ether, scapy:         $($python read.py scapy raw-ether.pcapng)"
    echo "cat raw ether, dpkt:          $($python read.py dpkt raw-ether.pcapng)"
    echo "cat ether raw, scapy:         $($python read.py scapy ether-raw.pcapng)"
    echo "cat ether raw, dpkt:          $($python read.py dpkt ether-raw.pcapng)"
    echo "mergecap, scapy:              $($python read.py scapy merged.pcapng)"
    echo "mergecap, dpkt:               $($python read.py dpkt merged.pcapng)"
)
echo "$seen"
diff - <(echo "$seen") <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
cat raw ether, tshark:        1700000000 1700000001; from 192.0.2.1 192.0.2.1
cat raw ether, python-pcapng: 1700000000 1700000001
cat raw ether, scapy:         1700000000 1700000.001; from 192.0.2.1 8.0.69.0
cat raw ether, dpkt:          1700000000 1700000.001
cat ether raw, scapy:         1700000001 1700000000000; from 192.0.2.1 none
cat ether raw, dpkt:          1700000001 1700000000000
mergecap, scapy:              1700000000 1700000001; from 192.0.2.1 192.0.2.1
mergecap, dpkt:               1700000000 1700000.001
SEEN
