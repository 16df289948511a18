"""From a file, a text or a Python mapping to a `Scenario`; or to every problem at once.

The only door: what comes out has passed the model and all rules. Raises nothing but
`ScenarioError`.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from pydantic import ValidationError

from simulator.scenario.diagnostics import KeyPath, Place, Problem, ScenarioError
from simulator.scenario.document import Document, unplaced
from simulator.scenario.expansion import Folders, expanded, written_out
from simulator.scenario.expansion.named_values import LET
from simulator.scenario.expansion.sites import INTERNETWORK, SITES, TEMPLATES
from simulator.scenario.files import text_of
from simulator.scenario.model import Scenario
from simulator.scenario.rules.facts import Facts, facts_of
from simulator.scenario.rules.scenario_rules import broken_rules
from simulator.scenario.steps.server_steps import Purchase
from simulator.scenario.wording import findings_of_model, path_in_file
from simulator.scenario.yaml_text import read_text

_DIGITS = re.compile("[0-9]+")
_BLANK: dict[str, Any] = {
    "title": "blank",
    "about": "blank",
    "start": "1970-01-01 00:00",
    "seed": "0",
    "reliability": {},
    "timeline": [],
}
_SHORT_FORMS = tuple((INTERNETWORK, key) for key in (TEMPLATES, SITES))
_PARTS = ("nodes", "routers", "clouds", "links", "purchase")
"""What an internetwork has of each name."""


def load_scenario(path: Path, include_from: Sequence[Path] = ()) -> Scenario:
    """Read, validate and check the file at `path`; raises `ScenarioError` with all problems.

    It may include files below its own folder, and below those of `include_from`.
    """
    folders = Folders(path.parent, tuple(include_from), path)
    return parse_scenario(text_of(path), str(path), folders)


def parse_scenario(
    content: str | Mapping[str, object], name: str = "<scenario>", folders: Folders | None = None
) -> Scenario:
    """A scenario from YAML text, or from a mapping of the same form; `name` is for messages.

    Steps of a mapping's timeline may be step objects. Without `folders` it includes no files.
    Raises `ScenarioError` with all problems.
    """
    read = (
        read_text(content, name) if isinstance(content, str) else Document(name, unplaced(content))
    )
    return _scenario_of(expanded(read, folders or Folders()))


def varied(scenario: Scenario, texts: Mapping[KeyPath, str]) -> Scenario:
    """The scenario as it would be with other texts at some paths, of its short forms too.

    It must have been read. Raises `ScenarioError` with all problems.
    """
    document = scenario.document
    assert document, "only what was read can be read otherwise"
    assert document.short, "a scenario's document is the plain one"
    short, plain = document.short.root, {}
    for path, text in texts.items():
        if path[0] == LET or path[:2] in _SHORT_FORMS:
            short = short.with_text(path, text)
        else:
            plain[path] = text
    document = written_out(replace(document.short, root=short))
    for path, text in plain.items():
        document = replace(document, root=document.root.with_text(path, text))
    return _scenario_of(document)


def _scenario_of(document: Document) -> Scenario:
    problems: list[Problem] = []
    facts = None
    try:
        facts = facts_of(Scenario.model_validate(document.data))
    except ValidationError as error:
        problems += [
            document.problem(finding) for finding in findings_of_model(error, document.data)
        ]
        facts = _facts_of_the_rest(document.data, error)
    problems += [document.problem(finding) for finding in broken_rules(facts)] if facts else []
    if problems or document.problems or facts is None:
        raise ScenarioError(_each_once(problems, document.problems))
    return facts.scenario.read_from(document)


def _each_once(problems: Sequence[Problem], of_short_forms: Sequence[Problem]) -> list[Problem]:
    """What a template or a repeated step has wrong is wrong once, and named by its first site.

    Of a short form that cannot be read, nothing else is said.
    """
    unread = {problem.place for problem in of_short_forms if problem.place}
    rest = [problem for problem in problems if problem.place not in unread]
    once: dict[tuple[Place | None, str], Problem] = {}
    for problem in (*of_short_forms, *rest):
        once.setdefault((problem.place, _DIGITS.sub("", problem.message)), problem)
    return list(once.values())


def _facts_of_the_rest(data: object, error: ValidationError) -> Facts | None:
    """What the rules can still ask when parts could not be read; None where too little is left.

    Takes out every node, link, order and step with an error, and fills in what is missing, so that
    an author sees the misspelled key and the unknown name in one run.
    """
    broken = {_unit(path_in_file(details["loc"], data)) for details in error.errors()}
    if not isinstance(data, Mapping) or not isinstance(data.get("internetwork"), Mapping):
        return None
    inter = data["internetwork"]
    parts = {key: _whole(inter, ("internetwork", key), broken) for key in _PARTS}
    written = data.get("timeline")
    steps = list(written) if isinstance(written, list | tuple) else []
    indexes = [index for index in range(len(steps)) if ("timeline", index) not in broken]
    rest = {key: data[key] for key in _BLANK if key in data and (key,) not in broken}
    rest = {**_BLANK, **rest, "internetwork": parts, "timeline": [steps[i] for i in indexes]}
    try:
        scenario = Scenario.model_validate(rest)
    except ValidationError:
        return None
    names = {key: _names(inter.get(key)) for key in _PARTS}
    unread = (step for index, step in enumerate(steps) if index not in indexes)
    names["purchase"] += tuple(chain.from_iterable(map(_ordered, unread)))
    damaged = frozenset(names["nodes"]) - frozenset(parts["nodes"])
    nodes, routers, clouds, links, orders = (names[key] for key in _PARTS)
    return Facts(scenario, nodes, routers, clouds, links, orders, tuple(indexes), damaged)


def _unit(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The smallest part that can be left out with the error at `path`."""
    return path[: {"internetwork": 3, "timeline": 2}.get(str(path[0]), 1)] if path else ()


def _whole(inter: Mapping[str, Any], path: tuple[str, str], broken: set[Any]) -> dict[str, Any]:
    part = inter.get(path[1])
    if not isinstance(part, Mapping):
        return {}
    return {name: value for name, value in part.items() if (*path, name) not in broken}


def _ordered(step: object) -> tuple[str, ...]:
    """The names of the orders in a step that could not be read: nobody is blamed for using them."""
    return _names(step.get(Purchase.action)) if isinstance(step, Mapping) else ()


def _names(part: object) -> tuple[str, ...]:
    return tuple(str(name) for name in part) if isinstance(part, Mapping) else ()
