"""`--vary`: from a scenario and words such as `failover_period=10..30 days` to its variants.

A path names a value of the file, from its first key on or from those of `policies`, `reliability`
or `internetwork`: `recovery`, `links.hub-north.repair`. Behind `fails` and `repair` may stand a
parameter of the distribution, and `*` is every name: `links.*.repair.mean`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

import msgspec

from licensing.node_names import spelled
from simulator.plan.variants.varied_values import values_of
from simulator.scenario import Scenario, ScenarioError
from simulator.scenario.diagnostics import (
    KeyPath,
    Place,
    Refused,
    listed,
    nearest,
    written_path,
)
from simulator.scenario.document import Piece
from simulator.scenario.expansion.named_values import LET
from simulator.scenario.loader import varied
from simulator.scenario.reliability import PARAMETERS, THE_REST, FailureAndRepair, with_parameter
from simulator.scenario.wording import allowed_keys

MOST_VARIANTS = 100
EVERY_NAME = "*"
_PLACES: tuple[KeyPath, ...] = ((), ("policies",), ("reliability",), ("internetwork",))
"""From where a path may begin: the first that has it counts."""

_KEPT_UNDER = {"hosts": "nodes"}
_OF_FAILURES = tuple(FailureAndRepair.model_fields)
_ALSO_OF_ORDERS = ("failover_period", "recovery")


class VariedScenario(msgspec.Struct, frozen=True):
    """A scenario; `words` are what is other in it: paths as they were called, with values."""

    words: tuple[tuple[str, str], ...]
    scenario: Scenario

    @property
    def name(self) -> str:
        """`recovery full, failover_period 10 days`."""
        return ", ".join(f"{path} {value}" for path, value in self.words)


class WrongVariation(ValueError):
    """What is called for cannot be varied; the message says why and what can, and points at it."""


def variants(scenario: Scenario, expressions: Sequence[str]) -> list[VariedScenario]:
    """Every combination of the values of all expressions, in their order; raises `WrongVariation`.

    Without an expression it is the scenario itself.
    """
    axes = [_axis(scenario, expression) for expression in expressions]
    combinations = list(product(*axes))
    if len(combinations) > MOST_VARIANTS:
        message = (
            f"these are {len(combinations):,} variants: at most {MOST_VARIANTS} can be compared"
        )
        raise WrongVariation(message)
    return [_variant(scenario, combination) for combination in combinations]


class _Change(msgspec.Struct, frozen=True):
    """One value of an expression: what it is called, and what then stands where."""

    path: str
    value: str
    texts: Mapping[KeyPath, str]
    expression: str


def _axis(scenario: Scenario, expression: str) -> list[_Change]:
    path, equals, values = (part.strip() for part in expression.partition("="))
    if not path or not equals:
        raise _wrong(expression, Refused("write PATH=VALUES, such as recovery=full,resume"))
    try:
        places = _places(scenario, path)
        return [
            _Change(
                path, value, {at: place.text(value) for at, place in places.items()}, expression
            )
            for value in values_of(values)
        ]
    except Refused as refused:
        raise _wrong(expression, refused) from None


def _wrong(expression: str, refused: Refused) -> WrongVariation:
    """What was refused, the expression with a mark under the word at fault, and what is allowed."""
    near = nearest(refused.word, refused.allowed)
    question = f"; did you mean {near!r}?" if near else ""
    column, width = _place_of(refused.word, expression)
    mark = Place("--vary", 1, column, expression, width).excerpt()
    allowed = [f"    allowed: {listed(refused.allowed)}"] if refused.allowed else []
    return WrongVariation("\n".join([f"--vary: {refused.message}{question}", *mark, *allowed]))


def _place_of(word: str, expression: str) -> tuple[int, int]:
    """Column and width; a value may have got its unit from another one."""
    for written in (word, *word.split()[:1]):
        if found := re.search(rf"(?<![\w-]){re.escape(written)}(?![\w-])", expression):
            return found.start() + 1, len(written)
    return 1, len(expression)


def _variant(scenario: Scenario, changes: Sequence[_Change]) -> VariedScenario:
    words = tuple((change.path, change.value) for change in changes)
    texts = {at: text for change in changes for at, text in change.texts.items()}
    if not texts:
        return VariedScenario(words, scenario)
    try:
        return VariedScenario(words, varied(scenario, texts))
    except ScenarioError as error:
        problem = error.problems[0]
        changed = (each for each in changes if problem.path in map(written_path, each.texts))
        change = next(changed, changes[0])
        refused = Refused(problem.message, word=change.value, allowed=problem.allowed)
        raise _wrong(change.expression, refused) from None


class _Place(msgspec.Struct, frozen=True):
    """What stands at a path now, and which parameter of it is meant, "" for all of it."""

    now: str
    parameter: str

    def text(self, value: str) -> str:
        """What stands there with another value."""
        return with_parameter(self.now, self.parameter, value) if self.parameter else value

    def has_it(self) -> bool:
        """Whether a distribution has the parameter."""
        return not self.parameter or bool(with_parameter(self.now, self.parameter, "1"))


def _places(scenario: Scenario, written: str) -> dict[KeyPath, _Place]:
    """Where in the file the path leads; raises `Refused`."""
    assert scenario.document, "only what was read can be varied"
    assert scenario.document.short, "a scenario's document is the plain one"
    keys = written.split(".")
    plain, short = scenario.document.root, scenario.document.short.root
    for begin in _PLACES:
        root = short if keys[0] == LET else plain
        found = {at: place for at, place in _found(root, begin, keys) if place.has_it()}
        if found:
            _require_effect(scenario, found)
            return found
    raise _nowhere(plain, keys)


def _found(root: Piece, at: KeyPath, keys: Sequence[str]) -> Iterator[tuple[KeyPath, _Place]]:
    piece = _piece(root, at)
    now = piece.value if piece and isinstance(piece.value, str) else ""
    if not keys:
        if now or not piece:
            yield at, _Place(now, "")
        return
    key, rest = keys[0], keys[1:]
    known = list(piece.entries()) if piece else []
    if now and not rest and key in PARAMETERS:
        yield at, _Place(now, key)
    elif key == EVERY_NAME:
        for name in known:
            yield from _found(root, (*at, name), rest)
    elif called := spelled(key, known):
        yield from _found(root, (*at, called), rest)
    elif not rest and (piece or len(at) == 1) and key in allowed_keys(at):
        yield (*at, key), _Place("", "")


def _piece(root: Piece, at: KeyPath) -> Piece | None:
    piece: Piece | None = root
    for key in at:
        piece = piece.child(key) if piece else None
    return piece


def _nowhere(root: Piece, keys: Sequence[str]) -> Refused:
    """What is wrong with the first key that leads nowhere, from where most of them lead on."""
    if _is_one_of_the_rest(root, keys):
        way_out = f"vary {'.'.join([keys[0], THE_REST, *keys[2:]])}, or give it a line of its own"
        return Refused(f"{keys[1]} has no line of its own under `reliability`: {way_out}")
    ways = [_way(root, begin, keys) for begin in _PLACES]
    passed = max(len(at) - len(begin) for at, begin in zip(ways, _PLACES, strict=True))
    ends = [at for at, begin in zip(ways, _PLACES, strict=True) if len(at) - len(begin) == passed]
    pieces = [_piece(root, at) for at in ends]
    if passed == len(keys):
        return Refused(f"{'.'.join(keys)} is no single value, but has several")
    key = keys[passed]
    if pieces[0] and isinstance(now := pieces[0].value, str):
        return Refused(f"{'.'.join(keys[:passed])} is {now}, which has no {key}")
    there = {name: None for piece in pieces if piece for name in piece.entries()}
    known = tuple({**there, **{name: None for at in ends for name in allowed_keys(at)}})
    where = f"{'.'.join(keys[:passed])} has" if passed else "the file has"
    return Refused(f"{where} no {key!r}", word=key, allowed=known)


def _is_one_of_the_rest(root: Piece, keys: Sequence[str]) -> bool:
    """Whether the keys ask how something fails that only `all` stands for."""
    if len(keys) < 3 or keys[2] not in _OF_FAILURES:
        return False
    asked = _piece(root, ("reliability", keys[0]))
    there = _piece(root, ("internetwork", _KEPT_UNDER.get(keys[0], keys[0])))
    lines = asked.entries() if asked else {}
    is_there = bool(there and spelled(keys[1], there.entries()))
    return is_there and THE_REST in lines and not spelled(keys[1], lines)


def _way(root: Piece, begin: KeyPath, keys: Sequence[str]) -> KeyPath:
    """As far as the keys lead from there."""
    at = begin
    for key in keys:
        piece = _piece(root, at)
        called = spelled(key, piece.entries()) if piece else None
        if key == EVERY_NAME and piece and piece.entries():
            called = next(iter(piece.entries()))
        if not called:
            break
        at = (*at, called)
    return at


def _require_effect(scenario: Scenario, places: Iterable[KeyPath]) -> None:
    """Where every order has its own word, that of the policies counts for none (F2, F3)."""
    orders = scenario.orders()
    for at in places:
        key = str(at[-1])
        if at[0] == "policies" and key in _ALSO_OF_ORDERS and orders:
            own = [name for name, order in orders.items() if getattr(order, key) is not None]
            if len(own) == len(orders):
                raise Refused(f"each order has its own: vary purchase.{own[0]}.{key}")
