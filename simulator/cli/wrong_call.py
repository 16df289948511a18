"""A call that cannot be done, and the file name that means the standard input or output."""

from pathlib import Path

STANDARD_INPUT = STANDARD_OUTPUT = Path("-")


class WrongCall(Exception):
    """What was asked for cannot be done; the message is for the person who asked."""
