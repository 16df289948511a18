"""Wall time as programs count it, and as people and documents write it: UTC, to the microsecond."""

from datetime import UTC, datetime, timedelta

from licensing.policies import MICROSECOND_NS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def utc_of(wall_ns: int) -> datetime:
    """The date of a wall time in nanoseconds since 1970; what is below a microsecond is cut off."""
    return date_after(_EPOCH, wall_ns)


def wall_time_ns(instant: datetime) -> int:
    """The wall time of an aware date, in nanoseconds since 1970."""
    return _span_ns(instant - _EPOCH)


def date_after(start: datetime, passed_ns: int) -> datetime:
    """The date that is so many nanoseconds later; what is below a microsecond is cut off."""
    return start + timedelta(microseconds=passed_ns // MICROSECOND_NS)


def since_midnight_ns(instant: datetime) -> int:
    """How long the day of a date has lasted, in nanoseconds."""
    return _span_ns(instant - instant.replace(hour=0, minute=0, second=0, microsecond=0))


def _span_ns(span: timedelta) -> int:
    return span // _MICROSECOND * MICROSECOND_NS
