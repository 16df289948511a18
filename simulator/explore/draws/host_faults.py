"""What is drawn of machines: power, stalls, clocks, disks, mainboards."""

from collections.abc import Callable, Mapping

from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS
from simulator.explore.draws.course import LICENSED_NS, RunCourse
from simulator.scenario import Instant, duration_in_words

_STEPS_NS = [*(each * MINUTE_NS for each in (-180, -60, -10, 10, 60, 180)), -DAY_NS, DAY_NS]


def _crash(course: RunCourse) -> None:
    host = course.dice.choice(course.hosts)
    if host not in course.down:
        course.down.add(host)
        course.frozen.discard(host)
        course.step("crash", host)


def _start(course: RunCourse) -> None:
    if host := course.choice_of(course.down):
        course.down.remove(host)
        course.step("start", host)


def _freeze(course: RunCourse) -> None:
    host = course.dice.choice(course.hosts)
    if host not in course.down | course.frozen:
        course.frozen.add(host)
        course.step("freeze", host)


def _thaw(course: RunCourse) -> None:
    if host := course.choice_of(course.frozen):
        course.frozen.remove(host)
        course.step("thaw", host)


def _clock(course: RunCourse) -> None:
    """Wrong by up to a day, and right again; the master's rarely by more than its CLA bears."""
    host = course.dice.choice(course.hosts)
    ahead_ns = course.ahead_ns.get(host, 0)
    by_ns = -ahead_ns or course.dice.choice(_STEPS_NS)
    course.ahead_ns[host] = ahead_ns + by_ns
    _set_clock(course, host, by_ns)


def _set_clock(course: RunCourse, host: str, by_ns: int) -> None:
    sign = "-" if by_ns < 0 else "+"
    course.step("clock", {"node": host, "by": f"{sign}{duration_in_words(abs(by_ns))}"})


def _replace_hardware(course: RunCourse) -> None:
    if not course.sites.with_hardware:
        return
    host = course.dice.choice(course.sites.with_hardware)
    if host == course.master and course.moved:
        return
    course.moved |= host == course.master
    what = {"node": host, "locking_id": course.new_locking_id()}
    _anew(course, host, "replace_hardware", what)


def _disk(course: RunCourse) -> None:
    host = course.dice.choice(course.hosts)
    if host not in course.full:
        course.full.add(host)
        course.step("disk", {"node": host, "is": "full"})


def _disk_freed(course: RunCourse) -> None:
    if host := course.choice_of(course.full):
        course.full.remove(host)
        course.step("disk", {"node": host, "is": "freed"})


def _disk_lost(course: RunCourse) -> None:
    """The master's rarely: all that it knew has to be made anew."""
    host = course.dice.choice([*course.sites.slaves * 4, course.master])
    _anew(course, host, "disk", {"node": host, "is": "lost"})


def _disk_restored(course: RunCourse) -> None:
    """A backup that is up to ten hours old."""
    host = course.dice.choice(course.hosts)
    saved_ns = max(LICENSED_NS, course.now_ns - course.dice.randint(1, 20) * HOUR_NS // 2)
    saved = str(Instant(saved_ns))
    _anew(course, host, "disk", {"node": host, "restored_from": saved})


def _anew(course: RunCourse, host: str, action: str, what: dict[str, str]) -> None:
    """The programs of a host start on something else, which others may not know."""
    if host in course.down | course.frozen:
        return
    course.foreign.update(course.hosts if host == course.master else [host])
    if action == "disk":  # another mainboard has the same one, as full as it was
        course.full.discard(host)
    course.step(action, what)


HOST_FAULTS: Mapping[str, Callable[[RunCourse], None]] = {
    "crash": _crash,
    "start": _start,
    "freeze": _freeze,
    "thaw": _thaw,
    "clock": _clock,
    "replace_hardware": _replace_hardware,
    "disk": _disk,
    "disk freed": _disk_freed,
    "disk lost": _disk_lost,
    "disk restored": _disk_restored,
}


def end_host_faults(course: RunCourse) -> None:
    """Every host has power, goes on, has room on its disk, and shows the right time."""
    for host in sorted(course.frozen):
        course.soon("thaw", host)
    for host in sorted(course.down):
        course.soon("start", host)
    for host in sorted(course.full):
        course.soon("disk", {"node": host, "is": "freed"})
    for host, ahead_ns in sorted(course.ahead_ns.items()):
        if ahead_ns:
            _set_clock(course, host, -ahead_ns)
