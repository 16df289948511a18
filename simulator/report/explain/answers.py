"""What can be asked of a run at an instant, and the chain that answers it."""

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from licensing.node_names import spelled
from simulator.report.explain.absence import reservations, why_state
from simulator.report.explain.cause_book import CauseBook, known
from simulator.report.explain.free_seats import number_free, why_none_free
from simulator.report.explain.reason import Reason
from simulator.scenario.diagnostics import nearest


class NothingToExplain(Exception):
    """What was asked about is not so, or is not there; the message says it in words."""


class Question(msgspec.Struct, frozen=True):
    """One of these is asked, each "" where it is not.

    `node`: why it is in its state. `display`: why the telephone of a number shows what it does.
    `call`: why the last call of a number did not go through. `license`: why one of a holder is not
    licensed, written `200:voicemail`, of a trunk `s2m-1:s2m`. `free`: why no more of a license are
    free. `reserved`: why seats are reserved for a node. `over_use`: why a license is over-used.
    `refusal`: why the license server or a central CLA has refused, the latest one.
    """

    node: str = ""
    display: str = ""
    call: str = ""
    license: str = ""
    free: str = ""
    reserved: str = ""
    over_use: str = ""
    refusal: bool = False

    @property
    def asked(self) -> list[str]:
        """The names of what is asked."""
        return [name for name in self.__struct_fields__ if getattr(self, name)]


def answer(book: CauseBook, question: Question, at_ns: int) -> list[Reason]:
    """The chains that answer; raises `NothingToExplain`."""
    [asked] = question.asked[:1] or [""]
    match asked:
        case "node":
            return [_state(book, question.node)]
        case "display":
            return [_display(book, question.display)]
        case "call":
            return [_call(book, question.call)]
        case "license":
            return [*_license(book, question.license)]
        case "free":
            return [*_free(book, question.free, at_ns)]
    return _rest(book, question, asked)


def _rest(book: CauseBook, question: Question, asked: str) -> list[Reason]:
    match asked:
        case "reserved":
            return [*_reserved(book, question.reserved)]
        case "over_use":
            return [_of(book.over_use, question.over_use, "{} is not over-used")]
        case "refusal" if book.refusals:
            return [book.refusals[-1][1]]
        case "refusal":
            raise NothingToExplain("neither the license server nor a CLA has refused anything")
    raise NothingToExplain("nothing is asked: name a node, a display, a call, a license")


def _of(reasons: dict[str, Reason], key: str, otherwise: str) -> Reason:
    if key not in reasons:
        raise NothingToExplain(otherwise.format(key))
    return reasons[key]


def _state(book: CauseBook, node: str) -> Reason:
    node = spelled(node, book.agents.of_node) or node
    if node not in book.agents.of_node:
        near = nearest(node, [*book.agents.of_node])
        hint = f": did you mean {near}?" if near else ""
        raise NothingToExplain(f"no node is called {node}{hint}")
    if state := why_state(book, node):
        return state
    raise NothingToExplain(f"{node} is in its activation period, as it came")


def _display(book: CauseBook, number: str) -> Reason:
    if number not in book.homes.of_number:
        raise NothingToExplain(f"no subscriber has the number {number}")
    if book.faults.is_off(book.homes.of(number)):
        return book.halted[book.homes.of(number)]
    if number not in book.displays:
        raise NothingToExplain(f"the telephone of {number} has shown its idle display only")
    shown, node = book.displays[number][1], book.homes.of(number)
    state = why_state(book, node)
    lasts = state is not None and node in book.failing and shown.because
    return replace(shown, because=known(state)) if lasts else shown


def _call(book: CauseBook, number: str) -> Reason:
    if number not in book.homes.of_number and number != "outside":
        raise NothingToExplain(f"no subscriber has the number {number}")
    return _of(book.calls, number, "no call of {} was refused, or one has gone through since")


def _license(book: CauseBook, asked: str) -> Iterator[Reason]:
    holder, colon, key = asked.partition(":")
    if not colon or not key:
        raise NothingToExplain(f"{asked} names no holder and license: write 200:voicemail")
    if holder not in book.homes.of_number and holder not in book.holders:
        raise NothingToExplain(f"no subscriber, trunk or node is called {holder}")
    red = [reason for (_, of, what), reason in book.licenses.items() if (of, what) == (holder, key)]
    if not red:
        raise NothingToExplain(f"{key} of {holder} is not red")
    yield from red


def _free(book: CauseBook, key: str, at_ns: int) -> Iterator[Reason]:
    """Of each CLA that has a license file and is used by a node."""
    used = [agent for agent in book.files if book.agents.is_used(agent)]
    for agent in used:
        because = why_none_free(book, agent, key, at_ns)
        text = f"central CLA: {number_free(book, agent, key, at_ns)} x {key} free"
        yield Reason(max(each.at_ns for each in because), agent, text, "domain 3", because)
    if not used:
        raise NothingToExplain("no license file is activated")


def _reserved(book: CauseBook, node: str) -> Iterator[Reason]:
    node = spelled(node, book.agents.of_node) or node
    found = [*reservations(book, node)]
    if not found:
        raise NothingToExplain(f"nothing is reserved for {node}")
    yield from found
