"""Errors that a program bore by itself, and logged with their tracebacks."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def logged_tracebacks(found: list[str]) -> Iterator[None]:
    """Add to `found` what is logged with a traceback in this time, as `KeyError: 7 (message)`."""
    handler = _Tracebacks(found)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


class _Tracebacks(logging.Handler):
    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            self._found.append(f"{type(error).__name__}: {error} ({record.getMessage()})")
