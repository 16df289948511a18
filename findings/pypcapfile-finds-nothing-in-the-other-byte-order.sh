#!/usr/bin/env bash
# pypcapfile 0.12.0, beside it dpkt 1.9.8, CPython 3.11 and later.
#
# Behaviour: a capture (pcap) is written in the byte order of the machine that writes it, and its first four bytes tell which.
# pypcapfile sees it for the header of the file, and reads the headers of the packets in little-endian order all the same: the
# length of the first packet is then longer than the file, and that counts as its end. So a big-endian capture has no packets.
# Where the times are in nanoseconds, which these bytes tell, too, `timestamp_us` has nanoseconds. No error is given: the file is
# called valid, and its description names the order and the nanoseconds.
#
# Output seen (of four captures with the same two packets, 250 ms apart: the packets, and microseconds between them):
#     little-endian, microseconds: dpkt 2 packets 250000, pypcapfile 2 packets 250000
#     little-endian, nanoseconds:  dpkt 2 packets 250000, pypcapfile 2 packets 250000000
#     big-endian, microseconds:    dpkt 2 packets 250000, pypcapfile 0 packets
#     big-endian, nanoseconds:     dpkt 2 packets 250000, pypcapfile 0 packets
#
# Whom it hurts: who looks at captures of routers, switches and telephone systems with processors like MIPS or PowerPC: the line
# was quiet, it seems. And who takes delays from captures with nanoseconds: they are a thousand times too long within a second.
# `header.byteorder` (b'big') and `header.ns_resolution` tell both; `editcap -F pcap` writes the file in one's own order.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install pypcapfile==0.12.0 dpkt==1.9.8 2>/dev/null

cat >captures.py <<'PYTHON'
import struct

import dpkt
from pcapfile import savefile

PACKET = bytes.fromhex("020000000002 020000000001 0800") + bytes(46)
SECOND = 1_800_000_000

for order, sign in (("little-endian", "<"), ("big-endian", ">")):
    for unit, magic, ticks in (("microseconds", 0xA1B2C3D4, 1), ("nanoseconds", 0xA1B23C4D, 1000)):
        with open("capture.pcap", "wb") as file:
            file.write(struct.pack(f"{sign}IHHiIII", magic, 2, 4, 0, 0, 65535, 1))
            for microseconds in (500_000, 750_000):
                file.write(struct.pack(f"{sign}IIII", SECOND, microseconds * ticks, len(PACKET), len(PACKET)) + PACKET)
        with open("capture.pcap", "rb") as file:
            by_dpkt = [round((time - SECOND) * 1_000_000) for time, _ in dpkt.pcap.Reader(file)]
        with open("capture.pcap", "rb") as file:
            capture = savefile.load_savefile(file)
        assert capture.valid and capture.header.byteorder.decode() in order
        by_pypcapfile = [packet.timestamp_us for packet in capture.packets]
        said = [f"{len(times)} packets {times[-1] - times[0] if times else ''}".strip() for times in (by_dpkt, by_pypcapfile)]
        print(f"{f'{order}, {unit}:':28} dpkt {said[0]}, pypcapfile {said[1]}")
PYTHON

$python captures.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
little-endian, microseconds: dpkt 2 packets 250000, pypcapfile 2 packets 250000
little-endian, nanoseconds:  dpkt 2 packets 250000, pypcapfile 2 packets 250000000
big-endian, microseconds:    dpkt 2 packets 250000, pypcapfile 0 packets
big-endian, nanoseconds:     dpkt 2 packets 250000, pypcapfile 0 packets
SEEN
