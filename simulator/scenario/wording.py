"""What the model found, in the words of the language instead of pydantic's.

Allowed keys and words come from the language's own JSON Schema, so that nothing is listed twice.
"""

from collections.abc import Iterator, Mapping
from itertools import zip_longest

from pydantic import ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import ErrorDetails

from simulator.scenario.diagnostics import Finding, KeyPath, Refused, nearest
from simulator.scenario.expansion.repeated_steps import REPEATS
from simulator.scenario.expansion.written_form import written_form
from simulator.scenario.steps.timeline import ACTIONS, BESIDE

_BESIDE_SOME = {key for keys in BESIDE.values() for key in keys}
"""What may stand beside an action, whichever it is."""

_MERGE = "<<"
"""With which some readers of YAML take over the keys of another mapping."""

_EXPECTED = {
    "missing": "the key {key!r} is missing",
    "model_type": "a mapping is expected here, not {given}",
    "dict_type": "a mapping is expected here, not {given}",
    "list_type": "a list is expected here, not {given}",
    "tuple_type": "a list is expected here, not {given}",
    "too_short": "there is nothing in it",
}


def findings_of_model(error: ValidationError, data: object) -> Iterator[Finding]:
    """Every problem that the model found in `data`, as findings at paths of the file.

    A key that is missing because it was misspelled, or was to come from another mapping, is one
    problem, not two; so is a list that has only what cannot be read.
    """
    every = [
        (path_in_file(details["loc"], data), details) for details in error.errors(include_url=False)
    ]
    strangers = [path for path, details in every if details["type"] == "extra_forbidden"]
    meant = {(*path[:-1], nearest(str(path[-1]), allowed_keys(path[:-1]))) for path in strangers}
    merged = {path[:-1] for path in strangers if path[-1] == _MERGE}
    full = {path[:-1] for path, _ in every}
    for path, details in every:
        elsewhere = path in meant or path[:-1] in merged
        named_wrong = details["type"] == "missing" and elsewhere
        counted_short = details["type"] == "too_short" and path in full
        if not (named_wrong or counted_short):
            yield from _findings(path, details)


def _findings(path: KeyPath, details: ErrorDetails) -> Iterator[Finding]:
    kind = details["type"]
    if kind == "union_tag_not_found":
        yield from _findings_of_step(path, details["input"])
    elif kind == "extra_forbidden":
        yield _unknown_key(path, allowed_keys(path[:-1]))
    elif isinstance(refused := details.get("ctx", {}).get("error"), Refused):
        at_key = details["loc"][-1] == "[key]"
        yield Finding(path, refused.message, refused.word, refused.allowed, at_key=at_key)
    elif kind == "missing":
        message = _EXPECTED[kind].format(key=path[-1])
        yield Finding(path[:-1], message)
    else:
        message = _EXPECTED.get(kind, details["msg"]).format(given=_kind_of(details["input"]))
        yield Finding(path, message)


def path_in_file(loc: KeyPath, data: object) -> KeyPath:
    """Pydantic's `loc` as the keys of the file, which holds `data`.

    Some keys stand beside what holds them in the model, and others are not written at all: those of
    what stands alone.
    """
    path = _as_written(tuple(key for key in loc if key != "[key]"), data)
    if path[:1] == ("timeline",) and len(path) == 4 and path[3] in BESIDE.get(str(path[2]), ()):
        return (*path[:2], path[3])
    return path


def _as_written(path: KeyPath, data: object) -> KeyPath:
    """`path` without the keys that a short form leaves out: the next one stands in their place."""
    written: list[str | int] = []
    for key, following in zip_longest(path, path[1:]):
        if isinstance(data, Mapping):
            if key not in data and following in data:
                continue
            data = data.get(key)
        elif isinstance(data, list | tuple) and isinstance(key, int) and key < len(data):
            data = data[key]
        else:
            data = None
        written.append(key)
    return tuple(written)


def _findings_of_step(path: KeyPath, step: object) -> Iterator[Finding]:
    if not isinstance(step, dict):
        message = (
            f"a step is a mapping such as {{at: day 3 08:00, cut: LINK}}, not {_kind_of(step)}"
        )
        yield Finding(path, message)
        return
    actions = [key for key in step if key in ACTIONS]
    beside = BESIDE[actions[0]] if actions else _BESIDE_SOME
    strangers = [key for key in step if key not in beside and key not in ACTIONS]
    for key in strangers:
        allowed = (*beside, *REPEATS) if actions else ("at", *ACTIONS)
        if actions and key in allowed_keys((*path, actions[0])):
            message = f"`{key}` stands inside `{actions[0]}`, not beside"
            yield Finding((*path, key), message, at_key=True)
        else:
            yield _unknown_key((*path, key), allowed)
    if "at" not in step:
        yield Finding(path, "the step does not say when: `at` is missing")
    if len(actions) > 1:
        yield Finding(path, f"a step does one thing, and this one does {' and '.join(actions)}")
    elif not actions and not strangers:
        yield Finding(path, "the step does nothing", allowed=ACTIONS)


def _unknown_key(path: KeyPath, allowed: tuple[str, ...]) -> Finding:
    key = str(path[-1])
    message = f"the key {key[:60]!r} is unknown here"
    if key == _MERGE:
        message = "keys are not merged here: write them out; an anchor may stand for a whole value"
        return Finding(path, message, at_key=True)
    return Finding(path, message, key, allowed, at_key=True)


def _kind_of(value: object) -> str:
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    return {dict: "a mapping", list: "a list", type(None): "nothing"}.get(type(value), repr(value))


def allowed_keys(path: KeyPath) -> tuple[str, ...]:
    """The keys that the mapping at `path` may have, in the model's order."""
    form = written_form()
    for key in path:
        form = next((deeper for deeper in _below(form, key)), {})
    return tuple(key for choice in _choices(form) for key in choice.get("properties", ()))


def _choices(form: JsonSchemaValue) -> Iterator[JsonSchemaValue]:
    """`form` itself, or each form that it stands for."""
    if "$ref" in form:
        yield from _choices(written_form()["$defs"][form["$ref"].rpartition("/")[2]])
        return
    yield form
    for choice in (*form.get("anyOf", ()), *form.get("oneOf", ())):
        yield from _choices(choice)


def _below(form: JsonSchemaValue, key: str | int) -> Iterator[JsonSchemaValue]:
    """The forms of what stands under `key`."""
    for choice in _choices(form):
        if isinstance(key, int) and "items" in choice:
            yield choice["items"]
        elif key in choice.get("properties", ()):
            yield choice["properties"][key]
        else:
            yield from choice.get("patternProperties", {}).values()
            if isinstance(choice.get("additionalProperties"), dict):
                yield choice["additionalProperties"]
