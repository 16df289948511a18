"""O3: what the telephones show is the node's status, no more and no less (F1)."""

from licensing.catalogue import FAILOVER_MESSAGE, SUBSCRIBER_TYPES
from licensing.events import (
    DisplaysChanged,
    HostStarted,
    ProgramRestarted,
    ProgramStarted,
    StateChanged,
    SubscriberChanged,
)
from licensing.words import NODE_PROGRAM, NodeState
from simulator.oracle.picture import Handlers, NodePicture, Picture


class Telephones:
    """The displays of all nodes as their facts left them; idle after each start of a host."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._shown: dict[str, dict[str, str]] = {}
        self.handlers: Handlers = {
            HostStarted: self._started,
            ProgramRestarted: self._restarted,
            ProgramStarted: self._program_started,
            StateChanged: self._changed,
            DisplaysChanged: self._displays_changed,
            SubscriberChanged: self._subscriber_changed,
        }

    def _started(self, host: str, _: HostStarted | ProgramRestarted) -> None:
        self._shown[host] = {}

    def _restarted(self, host: str, fact: ProgramRestarted) -> None:
        if fact.program == NODE_PROGRAM:
            self._started(host, fact)

    def _program_started(self, host: str, fact: ProgramStarted) -> None:
        if fact.program == NODE_PROGRAM:
            self._changed(host, fact)

    def _displays_changed(self, host: str, fact: DisplaysChanged) -> None:
        self._shown.setdefault(host, {}).update(fact.displays)
        self._changed(host, fact)

    def _subscriber_changed(self, host: str, fact: SubscriberChanged) -> None:
        """The telephone is another one, or there is none any more."""
        self._shown.setdefault(host, {}).pop(fact.number, None)
        self._changed(host, fact)

    def _changed(self, host: str, _: object) -> None:
        self._picture.judge_later("O3", host, lambda: self._judge(host))

    def _judge(self, host: str) -> None:
        node = self._picture.nodes[host]
        shown = self._shown.get(host, {})
        for number, text in shown.items():
            if text == FAILOVER_MESSAGE and number not in node.facts.subscribers:
                raise self._wrong(node, number, "a number that no subscriber has")
        for number, kind in node.facts.subscribers.items():
            shows = shown.get(number, "") == FAILOVER_MESSAGE
            must = node.state is NodeState.FAILOVER and SUBSCRIBER_TYPES[kind].system_telephone
            if shows is not must:
                raise self._wrong(node, number, kind)

    def _wrong(self, node: NodePicture, number: str, kind: str) -> Exception:
        text = self._shown.get(node.name, {}).get(number, "")
        expected = f"{FAILOVER_MESSAGE!r} on every system telephone during failover, nowhere else"
        seen = f"{number} ({kind}) shows {text or 'nothing'!r} while {node.name} is {node.state}"
        return self._picture.violation("O3", node.name, expected, seen)
