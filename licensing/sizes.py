"""The largest node that is promised, and what follows from it: every limit of what is sent or kept.

Pure numbers. What is more is refused where it is configured, with the number; so whatever could be
configured can be demanded, decided and kept.
"""

from licensing.catalogue import LICENSES, LicenseKind

MOST_SUBSCRIBERS = 10_000
"""Of one node, each with all licenses that suit it."""

MOST_TRUNKS = MOST_SUBSCRIBERS // 10
"""Of one node."""

LONGEST_HOLDER = 64
"""In characters: a call number, or a trunk's name."""

_KINDS = [row.kind for row in LICENSES.values()]
LICENSES_OF_A_SUBSCRIBER = 1 + _KINDS.count(LicenseKind.USER)
"""One station license, and every user-oriented one."""

SEATS_OF_A_NODE = (
    MOST_SUBSCRIBERS * LICENSES_OF_A_SUBSCRIBER + MOST_TRUNKS + _KINDS.count(LicenseKind.SYSTEM)
)
"""Licenses of holders that a node can have, all channels of a trunk counted as one."""

LARGEST_DEMAND = 2 * SEATS_OF_A_NODE
"""Seats that one demand may name: all of a node's are given back, and as many others wanted."""

SEATS_A_DAY = 3 * LARGEST_DEMAND
"""Named in a node's demands; each leaves a trace in the audit, which never ends."""

FRAME_BYTES = 1 << 20
"""The largest frame of a session, and the largest body of a request from elsewhere."""

PART_CHARACTERS = 1 << 16
"""Of a message that is larger than a frame; a heartbeat waits for one part at most."""

_SEAT_BYTES = 192
"""In JSON, whoever holds it and whatever the reason of its refusal."""

MESSAGE_BYTES = LARGEST_DEMAND * _SEAT_BYTES
"""The largest message, in all its parts; also the largest body at a node's own computer."""

MOST_PARTS = -(-MESSAGE_BYTES // PART_CHARACTERS)
"""Of one message."""

UNFINISHED_BYTES = 4 * MESSAGE_BYTES
"""What incomplete messages may take at a program, over all its sessions."""
