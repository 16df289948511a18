"""Wall time as programs count it, and as people and documents write it: UTC, to the microsecond."""

from datetime import UTC, datetime, timedelta

from licensing.policies import MICROSECOND_NS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def utc_of(wall_ns: int) -> datetime:
    """The date of a wall time in nanoseconds since 1970; what is below a microsecond is cut off."""
    return _EPOCH + timedelta(microseconds=wall_ns // MICROSECOND_NS)


def wall_time_ns(instant: datetime) -> int:
    """The wall time of an aware date, in nanoseconds since 1970."""
    return (instant - _EPOCH) // _MICROSECOND * MICROSECOND_NS
