"""The JSON Schema of what an author may write: that of the plain scenario, and all short forms."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

from pydantic.json_schema import JsonSchemaValue

from simulator.scenario.expansion.includes import INCLUDE
from simulator.scenario.expansion.named_steps import listed_field
from simulator.scenario.expansion.named_values import LET, USE
from simulator.scenario.expansion.record_name import OUTAGES
from simulator.scenario.expansion.repeated_steps import EVERY, FOR, REPEATS, TIMES, UNTIL
from simulator.scenario.expansion.sites import SITE_KEYS, SITES, TEMPLATES
from simulator.scenario.model import Scenario
from simulator.scenario.step import Step
from simulator.scenario.steps.timeline import STEPS

_Form: TypeAlias = dict[str, Any]

_TEXT: _Form = {"type": "string"}
_COUNT: _Form = {"type": "integer", "minimum": 1}
BESIDE_ACTIONS: Mapping[str, str] = {
    EVERY: "The step happens again so long after, and again. "
    "Example: `{at: day 1, every: 30 min, times: 48, crash: north}`",
    TIMES: "How often, with `every`. Example: `{at: day 1, every: 1 h, times: 5, crash: north}`",
    UNTIL: "No later than then, with `every`. "
    "Example: `{at: day 1, every: 1 h, until: day 2, crash: north}`",
    FOR: "What the step does is taken back after so long. "
    "Example: `{at: day 1, cut: hq-north, for: 2 h}`",
}
"""Keys beside the action of any step."""

BESIDE_SCENARIO: Mapping[str, str] = {
    INCLUDE: "A file, or a list of files, whose words count here, too, but for what is said here "
    "otherwise. Example: `include: internetworks/branches.yaml`",
    LET: "Values by their names: `$outage` stands for that of `outage`. "
    "Example: `let: {outage: 3 h}`",
}
"""Keys beside those of `Scenario`."""

OF_SITES: Mapping[str, str] = {
    TEMPLATES: "Pieces of an internetwork: `$site` is the name of a site, `$number` its number. "
    "Example: `templates: {branch: {links: {hq-$site: {bandwidth: 20 Mbit/s, latency: 15 ms}}}}`",
    SITES: "So many pieces that are like a template, or a list of such groups. "
    "Example: `sites: {count: 30, like: branch}`",
}
"""Keys beside those of `Internetwork`."""

OF_RELIABILITY: Mapping[str, str] = {
    OUTAGES: "A record of outages: a CSV file with the columns `what`, `from` and `to`. What is "
    "in it and has no line of its own fails as its outages have it. "
    "Example: `outages: outages.csv`",
}
"""Keys beside those of `Failures`."""

OF_A_GROUP: Mapping[str, str] = {
    "count": "How many sites. Example: `count: 30`",
    "like": "The template that they are like. Example: `like: branch`",
    "named": "Their names: `shop` makes `shop-1` and so on; by default the template's. "
    "Example: `named: shop`",
    "numbers": "How far call numbers count on from site to site; by default so that the next begin "
    "where the last end. Example: `numbers: +100`",
}
"""Keys of a group of sites."""

assert (tuple(BESIDE_ACTIONS), tuple(OF_A_GROUP)) == (REPEATS, SITE_KEYS)


@cache
def written_form() -> JsonSchemaValue:
    """As `Scenario.model_json_schema`, for editors and for messages about keys."""
    form = Scenario.model_json_schema()
    parts: _Form = form["$defs"]
    for step in STEPS:
        _with_short_forms(parts[step.__name__], step)
    _with_sites(parts["Internetwork"])
    parts["Failures"]["properties"] |= _said({}, OF_RELIABILITY)
    form = _with_named_values(form)
    lists = {INCLUDE: _or_list(_TEXT), LET: {"type": "object"}}
    form["properties"] |= _said(lists, BESIDE_SCENARIO)
    form["anyOf"] = [{"required": form.pop("required")}, {"required": [INCLUDE]}]
    return form


def _with_short_forms(form: _Form, step: type[Step]) -> None:
    field = listed_field(step)
    what = form["properties"][step.action]
    if field and step.sole:
        form["properties"][step.action] = _or_list(what)
    elif field:
        what["properties"][field] = _or_list(what["properties"][field])
    form["properties"] |= _said({TIMES: _COUNT}, BESIDE_ACTIONS)


def _or_list(form: _Form) -> _Form:
    return {"anyOf": [form, {"type": "array", "items": form, "minItems": 1}]}


def _said(forms: Mapping[str, _Form], words: Mapping[str, str]) -> _Form:
    """The forms of keys, by default a text, with what is said of them."""
    return {key: forms.get(key, _TEXT) | {"description": said} for key, said in words.items()}


def _with_sites(form: _Form) -> None:
    piece: _Form = {
        "type": "object",
        "properties": dict(form["properties"]),
        "additionalProperties": False,
    }
    group: _Form = {
        "type": "object",
        "properties": _said({"count": _COUNT, "numbers": {}}, OF_A_GROUP),
        "required": ["count", "like"],
        "additionalProperties": False,
    }
    templates = {"type": "object", "additionalProperties": piece}
    form["properties"] |= _said({TEMPLATES: templates, SITES: _or_list(group)}, OF_SITES)


def _with_named_values(form: _Form) -> _Form:
    """Every form of a single value takes the name of one, too."""
    deeper: _Form = {}
    for key, below in form.items():
        if key in _MAPS_OF_FORMS:
            deeper[key] = {name: _with_named_values(each) for name, each in below.items()}
        elif key in _LISTS_OF_FORMS:
            deeper[key] = [_with_named_values(each) for each in below]
        elif key in _FORMS and isinstance(below, dict):
            deeper[key] = _with_named_values(below)
        else:
            deeper[key] = below
    return _or_name(deeper) if "enum" in form or "pattern" in form or _is_number(form) else deeper


_MAPS_OF_FORMS = ("properties", "patternProperties", "$defs")
_LISTS_OF_FORMS = ("anyOf", "oneOf")
_FORMS = ("items", "additionalProperties")
_NAME_OF_VALUE: _Form = {"type": "string", "pattern": USE.pattern}
_OF_ALL_CHOICES = ("title", "description", "default")


def _is_number(form: _Form) -> bool:
    return form.get("type") in ("integer", ["string", "integer"])


def _or_name(form: _Form) -> _Form:
    shared = {key: form.pop(key) for key in _OF_ALL_CHOICES if key in form}
    return shared | {"anyOf": [form, _NAME_OF_VALUE]}
