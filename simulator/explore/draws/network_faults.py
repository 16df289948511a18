"""What is drawn of the network: cuts of every kind, changed lines, routers that fail."""

from collections.abc import Callable, Mapping

from simulator.explore.draws.course import RunCourse


def _cut(course: RunCourse) -> None:
    _broken(course, "cut")


def _drop(course: RunCourse) -> None:
    _broken(course, "drop")


def _refuse(course: RunCourse) -> None:
    _broken(course, "refuse")


def _broken(course: RunCourse, how: str) -> None:
    link = course.dice.choice(course.links)
    course.cut.add(link)
    course.step(how, link)


def _cut_one_way(course: RunCourse) -> None:
    link = course.dice.choice(course.links)
    end = course.dice.choice(course.sites.links[link])
    course.cut.add(link)
    course.step("cut_one_way", {"link": link, "from": end})


def _reset(course: RunCourse) -> None:
    course.step("reset", course.dice.choice(course.links))


def _heal(course: RunCourse) -> None:
    if link := course.choice_of(course.cut):
        course.cut.remove(link)
        course.step("heal", link)


def _fail(course: RunCourse) -> None:
    if transit := course.choice_of({*course.sites.transit} - course.failed):
        course.failed.add(transit)
        course.step("fail", transit)


def _repair(course: RunCourse) -> None:
    if transit := course.choice_of(course.failed):
        course.failed.remove(transit)
        course.step("repair", transit)


def _latency(course: RunCourse) -> None:
    link = course.dice.choice(course.links)
    course.slow.add(link)
    course.step("latency", {"link": link, "to": course.dice.choice(["1 ms", "200 ms", "900 ms"])})


def _loss(course: RunCourse) -> None:
    link, percent = course.dice.choice(course.links), course.dice.choice([0, 1, 10, 30])
    (course.lossy.add if percent else course.lossy.discard)(link)
    course.step("loss", {"link": link, "percent": str(percent)})


def _bandwidth(course: RunCourse) -> None:
    link = course.dice.choice(course.links)
    course.narrow.add(link)
    to = course.dice.choice(["33 kbit/s", "1 Mbit/s"])
    course.step("bandwidth", {"link": link, "to": to})


NETWORK_FAULTS: Mapping[str, Callable[[RunCourse], None]] = {
    "cut": _cut,
    "cut_one_way": _cut_one_way,
    "drop": _drop,
    "refuse": _refuse,
    "reset": _reset,
    "heal": _heal,
    "fail": _fail,
    "repair": _repair,
    "latency": _latency,
    "loss": _loss,
    "bandwidth": _bandwidth,
}


def end_network_faults(course: RunCourse) -> None:
    """Every link and every router is as it was at first."""
    for link in sorted(course.cut):
        course.soon("heal", link)
    for transit in sorted(course.failed):
        course.soon("repair", transit)
    for link in sorted(course.lossy):
        course.soon("loss", {"link": link, "percent": "0"})
    for link in sorted(course.narrow):
        course.soon("bandwidth", {"link": link, "to": course.sites.line(link)["bandwidth"]})
    for link in sorted(course.slow):
        course.soon("latency", {"link": link, "to": course.sites.line(link)["latency"]})
