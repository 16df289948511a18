"""docs/scenarios.md has every key, step, word and refusal, and every example can be read."""

from collections.abc import Iterator
from inspect import getdoc
from typing import Annotated, Any, get_args

import pytest
from pydantic import TypeAdapter
from scenario_reference import (
    DOCUMENT,
    PARTS,
    STEPS,
    WORDS,
    Unsaid,
    document,
    keys_of,
    refusal_examples,
    said_of,
)

from licensing.errors import ERRORS
from simulator.scenario import Scenario, ScenarioError, parse_scenario
from simulator.scenario.expansion.written_form import (
    BESIDE_ACTIONS,
    BESIDE_SCENARIO,
    OF_A_GROUP,
    OF_RELIABILITY,
    OF_SITES,
)
from simulator.scenario.step import Part, Step
from simulator.scenario.steps.expectations import CallUp
from simulator.scenario.steps.timeline import STEPS as EVERY_STEP
from simulator.scenario.yaml_text import read_text

BY_ACTION = {step.action: step for step in EVERY_STEP}


def read(example: str) -> Any:
    """What an example says: a mapping in braces, or one key with its value."""
    text = example if example.startswith("{") else f"{{{example}}}"
    return read_text(f"example: {text}\n", "docs/scenarios.md").data["example"]


def values_of(key: str, data: Any) -> Iterator[Any]:
    """All that stands under a key, however deep."""
    if isinstance(data, dict):
        if key in data:
            yield data[key]
        for each in data.values():
            yield from values_of(key, each)


def parts_of(kind: Any) -> Iterator[type[Part]]:
    """All parts that a type names."""
    if isinstance(kind, type) and issubclass(kind, Part):
        yield kind
        for field in kind.model_fields.values():
            yield from parts_of(field.annotation)
    for inner in get_args(kind):
        yield from parts_of(inner)


def require_readable(part: type[Part], key: str, example: str) -> None:
    """Raise where the example does not have the key, or its value is none of it."""
    name, field = next(
        (name, field)
        for name, field in part.model_fields.items()
        if key == (field.validation_alias or name)
    )
    value = next(values_of(key, read(example)), None)
    if value is None and issubclass(part, Step) and name == part.sole:
        value = read(example)[part.action]
    kind = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    TypeAdapter(kind).validate_python(value)


def test_the_document_is_what_the_model_says() -> None:
    """`make docs` writes it anew; what stands above the mark is left alone."""
    assert DOCUMENT.read_text() == document()


def test_no_part_and_no_step_is_missing() -> None:
    """Whatever a scenario can hold has its place in the document."""
    shown = {*PARTS.values(), CallUp, *(step for steps in STEPS.values() for step in steps)}
    steps = [kind for step in EVERY_STEP for kind in parts_of(step)]
    assert shown == {*parts_of(Scenario), *EVERY_STEP, *steps} - {Step}


@pytest.mark.parametrize(
    "part", [*PARTS.values(), CallUp, *EVERY_STEP], ids=lambda part: part.__name__
)
def test_every_key_has_an_example_that_can_be_read(part: type[Part]) -> None:
    """Nobody has to guess, and nobody reads of what does not exist."""
    for key, said in keys_of(part).items():
        require_readable(part, key, said.example)


@pytest.mark.parametrize("step", EVERY_STEP, ids=lambda step: step.action)
def test_every_step_has_an_example_that_can_be_read(step: type[Step]) -> None:
    """As it stands in a timeline."""
    example = said_of(step.__name__, getdoc(step)).example
    step.model_validate({"at": "day 3", **read(example)})


def test_every_refusal_has_an_example_or_is_said_to_be_no_answer_to_a_step() -> None:
    """All codes of the registry stand in the document."""
    text = DOCUMENT.read_text()
    assert [code for code in ERRORS if f"`{code}`" not in text] == []
    for example in refusal_examples().values():
        written = read(example)
        (action,) = written.keys() & BY_ACTION.keys()
        BY_ACTION[action].model_validate({"at": "day 3", **written})


def test_every_word_has_an_example_that_can_be_read() -> None:
    """In a step; those of the internetwork in their places."""
    kinds = {"model": "A node", "role": "A node", "kind": "A trunk"}
    kinds["type"] = "A group of `subscribers`"
    for example, words in WORDS.values():
        for word in map(str, words):
            written = read(example.format("after_stable(1 h)" if "(" in word else word))
            (key,) = written
            if key in BY_ACTION:
                BY_ACTION[key].model_validate({"at": "day 3", **written})
            elif key in kinds:
                require_readable(PARTS[kinds[key]], key, f"{key}: {word}")


def test_short_forms_have_examples_too() -> None:
    """Each has its key in it."""
    for words in (BESIDE_ACTIONS, BESIDE_SCENARIO, OF_SITES, OF_RELIABILITY, OF_A_GROUP):
        for key, text in words.items():
            assert key in read(said_of(key, text).example)


def test_what_is_not_said_is_found_out() -> None:
    """Planted: a key without words, one without an example, and examples that cannot be read."""
    for text in (None, "", "How long.", "Example: `for: 1 h`"):
        with pytest.raises(Unsaid):
            said_of("for", text)
    for example in ("numbers: a-b", "number: 100"):
        with pytest.raises(ValueError, match="validation error"):
            require_readable(PARTS["A group of `subscribers`"], "numbers", example)
    with pytest.raises(ScenarioError):
        parse_scenario("title: {", "docs/scenarios.md")
