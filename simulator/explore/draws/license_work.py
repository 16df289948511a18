"""What is drawn of a technician's work with licenses, at the systems and at the license server."""

from collections.abc import Callable, Mapping

from licensing.catalogue import SUBSCRIBER_TYPES
from simulator.explore.draws.course import REGISTERED_TO, RunCourse, activation


def _unlock(course: RunCourse) -> None:
    course.step("unlock", course.dice.choice([*course.hosts, "all"]))


def _assign(course: RunCourse) -> None:
    _tick(course, "assign")


def _unassign(course: RunCourse) -> None:
    _tick(course, "unassign")


def _tick(course: RunCourse, action: str) -> None:
    """Somebody ticks something else; mostly check and unlock follows."""
    number, (node, kind) = course.dice.choice(sorted(course.numbers.items()))
    if course.silent(node):
        return
    license_key = SUBSCRIBER_TYPES[kind].station_license
    course.soon(action, {"number": number, "license": license_key})
    if course.dice.random() < 0.8:
        course.step("unlock", node)


def _activate(course: RunCourse) -> None:
    """An order, once more or for the first time."""
    course.step("activate", activation(course.master, course.dice.choice(course.orders)))


def _purchase(course: RunCourse) -> None:
    """An order, permanent or not; it is activated, or not yet."""
    order = course.new_name("ORDER")
    licenses = {"ip": "1", "tdm": "1"}
    ends = {"valid_for": "5 h"} if course.dice.random() < 0.4 else {}
    shorter = {"failover_period": "75 min"} if course.dice.random() < 0.5 else {}
    course.soon("purchase", {order: {"licenses": licenses, **ends, **shorter}})
    course.orders.append(order)
    if course.dice.random() < 0.7:
        course.step("activate", activation(course.master, order))


def _relicense(course: RunCourse) -> None:
    course.step("relicense", {"node": course.master})


def _relicensing_request(course: RunCourse) -> None:
    if course.silent(course.master):
        return
    request = course.new_name("request")
    course.requests.append(request)
    course.step("relicensing_request", {"node": course.master, "as": request})


def _relicense_by_file(course: RunCourse) -> None:
    if course.requests:
        answer = course.new_name("answer")
        course.files.append(answer)
        request = course.dice.choice(course.requests)
        course.step("relicense_by_file", {"request": request, "as": answer})


def _issue(course: RunCourse) -> None:
    """The file of an order that is activated or not, to be carried to the master."""
    file, lac = course.new_name("file"), course.dice.choice(course.orders)
    course.files.append(file)
    what = {"lac": lac, "for": course.master, "registration": REGISTERED_TO, "as": file}
    course.step("issue", what)


def _upload_license_file(course: RunCourse) -> None:
    if course.files:
        file = course.dice.choice(course.files)
        course.step("upload_license_file", {"node": course.master, "file": file})


def _combine(course: RunCourse) -> None:
    """Files of the license server become one, which is loaded."""
    if len(course.files) > 1:
        file, files = course.new_name("file"), course.dice.sample(course.files, 2)
        course.soon("combine", {"files": files, "for": course.master, "as": file})
        course.files.append(file)
        course.step("upload_license_file", {"node": course.master, "file": file})


def _rehost(course: RunCourse) -> None:
    """The master's file, where its Locking ID has changed, is moved to the new one."""
    if course.moved:
        move(course)


def move(course: RunCourse) -> None:
    """Rehost the license file to the present Locking ID of the master, and load it there."""
    file = course.new_name("moved")
    course.soon("rehost", {"from": course.master, "for": course.master, "as": file})
    course.files.append(file)
    course.step("upload_license_file", {"node": course.master, "file": file})


def _release_key(course: RunCourse) -> None:
    course.step("release_key", course.master)


LICENSE_WORK: Mapping[str, Callable[[RunCourse], None]] = {
    "unlock": _unlock,
    "assign": _assign,
    "unassign": _unassign,
    "activate": _activate,
    "purchase": _purchase,
    "relicense": _relicense,
    "relicensing_request": _relicensing_request,
    "relicense_by_file": _relicense_by_file,
    "issue": _issue,
    "upload_license_file": _upload_license_file,
    "combine": _combine,
    "rehost": _rehost,
    "release_key": _release_key,
}
