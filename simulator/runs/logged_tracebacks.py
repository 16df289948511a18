"""Errors that a program bore by itself, and logged with their tracebacks."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from simulator.network.incarnation import current_host


class LoggedTraceback(msgspec.Struct, frozen=True):
    """What was logged in one line, with the last line of code and the host, and in full."""

    says: str
    text: str

    def __str__(self) -> str:
        return self.says


@contextmanager
def logged_tracebacks(found: list[LoggedTraceback], *, pass_on: bool) -> Iterator[None]:
    """Add to `found` what is logged with a traceback in this time.

    With `pass_on` all that is logged goes to the standard error as well, unless it has another way:
    Python writes there only what nobody listens to.
    """
    handler = _Tracebacks(found, logging.lastResort if pass_on else None)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


class _Tracebacks(logging.Handler):
    def __init__(self, found: list[LoggedTraceback], beside: logging.Handler | None) -> None:
        super().__init__(logging.WARNING)
        self._found = found
        self._beside = beside

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            self._found.append(_told(record, record.exc_info[1]))
        if self._beside and not self._is_heard_elsewhere(record):
            self._beside.handle(record)

    def _is_heard_elsewhere(self, record: logging.LogRecord) -> bool:
        logger: logging.Logger | None = logging.getLogger(record.name)
        while logger:
            if any(each is not self for each in logger.handlers):
                return True
            logger = logger.parent
        return False


def _told(record: logging.LogRecord, error: BaseException) -> LoggedTraceback:
    playing = current_host.get()
    on_host = f" of {playing.host_name}" if playing else ""
    frames = traceback.extract_tb(error.__traceback__)
    place = f", {frames[-1].filename}:{frames[-1].lineno}{on_host}" if frames else ""
    says = f"{type(error).__name__}: {error} ({record.getMessage()}){place}"
    return LoggedTraceback(says, "".join(traceback.format_exception(error)).rstrip())
