"""The second run of `--verify-determinism` has no history to compare with."""


class RunFailed(Exception):
    """A process that was to write a journal failed; the message is what it said."""
