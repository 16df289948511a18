"""Writes the reference of docs/scenarios.md: every key, step and word, as the model says it.

Run by `make docs`; a test fails while the document is out of date. What stands above the mark is
written by hand.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from inspect import getdoc
from pathlib import Path
from typing import NamedTuple

from licensing.catalogue import LICENSES, MODELS, SUBSCRIBER_TYPES, TrunkKind
from licensing.errors import CALL_REFUSALS, ERRORS, REFUSALS
from licensing.recovery import RecoveryPolicy
from licensing.words import CallOutcome, DemandState, Role, Trigger
from simulator.cli.api_documents import api_document
from simulator.scenario import NO_ANSWER, OVER, UP, Order, Policies, Registration, Scenario, Virtual
from simulator.scenario.attribute_docs import attribute_docs
from simulator.scenario.expansion.written_form import (
    BESIDE_ACTIONS,
    BESIDE_SCENARIO,
    OF_A_GROUP,
    OF_RELIABILITY,
    OF_SITES,
)
from simulator.scenario.links import Cloud, Link, Router
from simulator.scenario.model import Internetwork, Node, SubscriberGroup, Trunk
from simulator.scenario.reliability import FailureAndRepair, Failures
from simulator.scenario.step import Part, Request, Step
from simulator.scenario.steps.call_steps import CALL_STEPS
from simulator.scenario.steps.expectations import DISPLAYS, EXPECTATION_STEPS, STATES, CallUp
from simulator.scenario.steps.fault_steps import DISK_STATES, FAULT_STEPS
from simulator.scenario.steps.license_steps import LICENSE_STEPS
from simulator.scenario.steps.server_steps import SERVER_STEPS
from simulator.scenario.steps.system_steps import SYSTEM_STEPS

DOCUMENT = Path(__file__).parents[2] / "docs" / "scenarios.md"
MARK = "<!-- `make docs` writes what follows from the docstrings of the model. -->\n"

PARTS: Mapping[str, type[Part]] = {
    "The file": Scenario,
    "`policies`": Policies,
    "`internetwork`": Internetwork,
    "A node": Node,
    "A group of `subscribers`": SubscriberGroup,
    "A trunk": Trunk,
    "`virtual`": Virtual,
    "A router": Router,
    "A cloud": Cloud,
    "A link": Link,
    "An order of `purchase`": Order,
    "`registration`": Registration,
    "`reliability`": Failures,
    "How something fails": FailureAndRepair,
}

_BESIDE: Mapping[type[Part], Mapping[str, str]] = {
    Scenario: BESIDE_SCENARIO,
    Internetwork: OF_SITES,
    Failures: OF_RELIABILITY,
}
"""Keys of short forms beside those of a part."""

STEPS: Mapping[str, tuple[type[Step], ...]] = {
    "Licenses, at the WBM": LICENSE_STEPS,
    "Licenses, at the license server": SERVER_STEPS,
    "Systems": SYSTEM_STEPS,
    "Faults": FAULT_STEPS,
    "Calls": CALL_STEPS,
    "Expectations": EXPECTATION_STEPS,
}

WORDS: Mapping[str, tuple[str, Iterable[str]]] = {
    "Models": ("model: {}", MODELS),
    "Roles": ("role: {}", Role),
    "Types of subscribers": ("type: {}", SUBSCRIBER_TYPES),
    "Kinds of trunks": ("kind: {}", TrunkKind),
    "Licenses": ("purchase: {{LAC-2: {{{}: 1}}}}", LICENSES),
    "Recovery": ("policies: {{recovery: {}}}", RecoveryPolicy),
    "States of a disk": ("disk: {{node: north, is: {}}}", DISK_STATES),
    "States of a node": ("expect: {{node: north, state: {}}}", STATES),
    "Causes of a state": ("expect: {{node: north, cause: {}}}", Trigger),
    "What a check and unlock came to": ("expect: {{node: north, demand: {}}}", DemandState),
    "What displays show": ("expect: {{node: north, display: {}}}", DISPLAYS),
    "How calls end": ("call: {{from: 200, to: 130, expect: {}}}", (*CallOutcome, NO_ANSWER)),
    "What calls are": ("expect: {{call: {{from: 200, to: 130, is: {}}}}}", (UP, OVER)),
}

OPERATIONS: Mapping[str, tuple[str, str]] = {
    "activate": ("node", "/v1/activate"),
    "upload_license_file": ("node", "/v1/license-file"),
    "relicense": ("node", "/v1/relicense"),
    "relicensing_request": ("node", "/v1/relicensing-request"),
    "unlock": ("node", "/v1/unlock"),
    "assign": ("node", "/v1/assign"),
    "unassign": ("node", "/v1/unassign"),
    "purchase": ("cls", "/v1/order"),
    "issue": ("cls", "/v1/activate"),
    "combine": ("cls", "/v1/combine"),
    "rehost": ("cls", "/v1/rehost"),
    "relicense_by_file": ("cls", "/v1/reissue"),
    "release_key": ("cls", "/v1/release-key"),
    "add_subscriber": ("node", "/v1/add-subscriber"),
    "delete_subscriber": ("node", "/v1/delete-subscriber"),
    "retype_subscriber": ("node", "/v1/retype-subscriber"),
    "wizard": ("node", "/v1/wizard"),
    "forget": ("node", "/v1/forget"),
}
"""Which operation of which program a step asks for: its document lists its refusals."""

_EXAMPLE = re.compile(r"\s*Example: `([^`]+)`\s*$")
_DETAIL = re.compile(r"\{(\w+)[^}]*\}")


class Said(NamedTuple):
    """What is said of a key or step, and how it is written."""

    text: str
    example: str


class Unsaid(Exception):
    """Something in the language has no words, or no example."""


def document() -> str:
    """The whole document: what is written by hand, and the reference."""
    by_hand, _, _ = DOCUMENT.read_text().partition(MARK)
    return by_hand + MARK + "\n".join(_reference())


def said_of(name: str, text: str | None) -> Said:
    """A docstring without its example, and that; raises `Unsaid`."""
    words = " ".join((text or "").split())
    example = _EXAMPLE.search(words)
    if not example or example.start() == 0:
        raise Unsaid(f"{name} is not explained, or has no example")
    return Said(words[: example.start()], example[1])


def keys_of(part: type[Part]) -> dict[str, Said]:
    """Each key of a part as it is written in a file."""
    docs = attribute_docs(part)
    own = {
        str(field.validation_alias or name): said_of(f"{part.__name__}.{name}", docs.get(name))
        for name, field in part.model_fields.items()
    }
    return {key: said for key, said in own.items() if not (issubclass(part, Step) and key == "at")}


def _reference() -> Iterator[str]:
    yield "\n## Reference: what is written\n"
    for title, part in PARTS.items():
        further = _BESIDE.get(part, {})
        yield f"### {title}\n"
        yield f"{_text(getdoc(part))}\n"
        yield _table("Key", keys_of(part) | _said(further))
    yield "### A group of `sites`\n"
    yield _table("Key", _said(OF_A_GROUP))
    yield "## Reference: steps\n"
    yield "Beside the action of a step stands when it happens, and perhaps how often:\n"
    at = {"at": said_of("at", attribute_docs(Step)["at"])}
    yield _table("Key", at | _said(BESIDE_ACTIONS) | keys_of(Request))
    for title, steps in STEPS.items():
        yield f"### {title}\n"
        for step in steps:
            yield from _step(step)
    yield "#### A `call` of an expectation\n"
    yield _table("Key", keys_of(CallUp))
    yield "## Reference: words\n"
    for title, (example, words) in WORDS.items():
        yield f"### {title}\n"
        yield _rows("Word", ((str(word), example.format(_whole(str(word)))) for word in words))
    yield from _refusals()


def _whole(word: str) -> str:
    return "after_stable(3 days)" if word == RecoveryPolicy.AFTER_STABLE else word


def _step(step: type[Step]) -> Iterator[str]:
    said = said_of(step.__name__, getdoc(step))
    yield f"#### `{step.action}`\n"
    yield f"{said.text}\n\n`{said.example}`\n"
    beside = keys_of(Request)
    keys = {
        key: each
        for key, each in keys_of(step).items()
        if key != step.sole and each != beside.get(key)
    }
    if keys:
        yield _table("Key", keys)


def _refusals() -> Iterator[str]:
    yield "### Reasons for which calls are refused\n"
    yield _table(
        "Code",
        {
            code: Said(REFUSALS[code], f"call: {{from: 200, to: 130, refused: {code}}}")
            for code in CALL_REFUSALS
        },
    )
    yield "### Refusals of steps\n"
    yield "Beside the action of a step of the first three kinds, but `reconfigure`:\n"
    examples = refusal_examples()
    yield _table(
        "Code", {code: Said(_message(code), example) for code, example in examples.items()}
    )
    others = ", ".join(f"`{code}`" for code in ERRORS if code not in examples)
    yield "These codes are no answers to steps: programs give them to each other, to a person at a"
    yield f"page, or to a script, and a step that expects one fails. {others}\n"


def refusal_examples() -> dict[str, str]:
    """By code the step with the fewest refusals that may be refused so, in the registry's order."""
    documents = {api: json.loads(api_document(api)) for api in ("node", "cls")}
    codes_of = {
        action: _codes_in(json.dumps(documents[api]["paths"][path]))
        for action, (api, path) in OPERATIONS.items()
    }
    found: dict[str, str] = {}
    for code in ERRORS:
        answering = [action for action, codes in codes_of.items() if code in codes]
        if answering:
            action = min(answering, key=lambda each: len(codes_of[each]))
            found[code] = f"{_example_of(action)}, refused: {code}"
    return found


def _codes_in(text: str) -> set[str]:
    return {code for code in ERRORS if f'"{code}"' in text}


def _example_of(action: str) -> str:
    (step,) = (step for steps in STEPS.values() for step in steps if step.action == action)
    return said_of(action, getdoc(step)).example


def _message(code: str) -> str:
    return _DETAIL.sub(r"*\1*", ERRORS[code].message)


def _said(words: Mapping[str, str]) -> dict[str, Said]:
    return {key: said_of(key, text) for key, text in words.items()}


def _text(doc: str | None) -> str:
    return _EXAMPLE.sub("", doc or "")


def _table(head: str, rows: Mapping[str, Said]) -> str:
    lines = [f"| {head} | | Example |", "|---|---|---|"]
    lines += [f"| `{key}` | {_cell(said.text)} | `{said.example}` |" for key, said in rows.items()]
    return "\n".join([*lines, ""])


def _rows(head: str, rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| {head} | Example |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{key}` | `{example}` |" for key, example in rows), ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    DOCUMENT.write_text(document())
