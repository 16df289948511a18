"""Bit rates as people and other tools spell them. Pure."""

import re

from simulator.scenario import bandwidth

UNIT = r"([kmgKMG]?)(?:[bB]it(?:/s|/sec|ps)?|bps|b/s)"
"""`Mbit/s`, `Mbps`, `MBit`, `Mb/s`; not `MB/s` or `MBps`, which are bytes."""

_BIT_RATE = re.compile(rf"([0-9.]+) *{UNIT}")
_PREFIXES = {"": "", "k": "k", "m": "M", "g": "G"}


def bit_rate(written: str) -> int:
    """`10 Gbps` in bit/s; raises `Refused` for what has no unit, or none of bits."""
    match = _BIT_RATE.fullmatch(written)
    return bandwidth(f"{match[1]} {_PREFIXES[match[2].lower()]}bit/s" if match else written)
