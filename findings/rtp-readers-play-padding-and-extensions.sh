#!/usr/bin/env bash
# rtp 0.0.4, dpkt 1.9.8, pyVoIP 1.6.8; CPython 3.11 and later.
#
# Behaviour: an RTP packet (RFC 3550, section 5.1) may end with padding, whose last byte says how much of it there is, and may have an
# extension between its header and the sound (RFC 8285: the loudness of a speaker, for one). All three readers give the padding out as
# sound; `dpkt` and `pyVoIP` give out the extension, too, in front of it. None says anything, and the bit that says that
# there is padding or an extension is read and shown.
#
# Output seen (an A-law packet with 8 bytes of sound; what each gives as its sound):
#     plain:     rtp 8 right; dpkt 8 right; pyVoIP 8 right
#     padded:    rtp 12 wrong; dpkt 12 wrong; pyVoIP 12 wrong
#     extended:  rtp 8 right; dpkt 16 wrong; pyVoIP 16 wrong
#
# Whom it hurts: who measures or records calls from a capture with one of them: a click in each packet of a system that pads
# to whole words or blocks, or that tells the loudness; a count of bytes that is too high by a tenth, from which bandwidth is planned.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install rtp==0.0.4 dpkt==1.9.8 pyVoIP==1.6.8 2>/dev/null

cat >sound.py <<'PYTHON'
import struct

import dpkt
import rtp
from pyVoIP import RTP as pyvoip

A_LAW = 8
SOUND = bytes(range(1, 9))
LOUDNESS = struct.pack("!HH", 0xBEDE, 1) + b"\x10\xaa\x00\x00"
PADDING = b"\x00\x00\x00\x04"


def packet(*, padding=b"", extension=b""):
    first = 2 << 6 | bool(padding) << 5 | bool(extension) << 4
    return struct.pack("!BBHII", first, A_LAW, 7, 160, 0x1234) + extension + SOUND + padding


READERS = {
    "rtp": lambda data: rtp.RTP().fromBytes(data).payload,
    "dpkt": lambda data: dpkt.rtp.RTP(data).data,
    "pyVoIP": lambda data: pyvoip.RTPMessage(data, {A_LAW: pyvoip.PayloadType.PCMA}).payload,
}
PACKETS = {
    "plain": packet(),
    "padded": packet(padding=PADDING),
    "extended": packet(extension=LOUDNESS),
}
for name, data in PACKETS.items():
    sounds = {reader: bytes(read(data)) for reader, read in READERS.items()}
    print(
        f"{name + ':':10}",
        "; ".join(
            f"{reader} {len(sound)} {'right' if sound == SOUND else 'wrong'}"
            for reader, sound in sounds.items()
        ),
    )
PYTHON

$python sound.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
plain:     rtp 8 right; dpkt 8 right; pyVoIP 8 right
padded:    rtp 12 wrong; dpkt 12 wrong; pyVoIP 12 wrong
extended:  rtp 8 right; dpkt 16 wrong; pyVoIP 16 wrong
SEEN
