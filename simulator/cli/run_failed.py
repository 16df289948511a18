"""The second run of `--verify-determinism` has no history to compare with.

Whoever shows a run heeds that, and need not load what compares.
"""


class RunFailed(Exception):
    """A process that was to write a journal failed; the message is what it said."""
