"""The JSON Schema of what an author may write: that of the plain scenario, and all short forms."""

from functools import cache
from typing import Any, TypeAlias

from pydantic.json_schema import JsonSchemaValue

from simulator.scenario.expansion.includes import INCLUDE
from simulator.scenario.expansion.named_steps import listed_field
from simulator.scenario.expansion.named_values import LET, NAME, USE
from simulator.scenario.expansion.repeated_steps import EVERY, FOR, REPEATS, TIMES, UNTIL
from simulator.scenario.expansion.sites import SITE_KEYS, SITES, TEMPLATES
from simulator.scenario.model import Scenario
from simulator.scenario.step import Step
from simulator.scenario.timeline import STEPS

_Form: TypeAlias = dict[str, Any]

_TEXT: _Form = {"type": "string"}
_LASTING: _Form = {"type": "string", "examples": ["30 min"]}
_BESIDE_ACTIONS: _Form = {
    EVERY: _LASTING | {"description": "The step happens again so long after, and again."},
    TIMES: {"type": "integer", "minimum": 1, "description": "How often, with `every`."},
    UNTIL: _TEXT | {"description": "No later than then, with `every`.", "examples": ["day 4"]},
    FOR: _LASTING | {"description": "What the step does is taken back after so long."},
}
assert tuple(_BESIDE_ACTIONS) == REPEATS


@cache
def written_form() -> JsonSchemaValue:
    """As `Scenario.model_json_schema`, for editors and for messages about keys."""
    form = Scenario.model_json_schema()
    parts: _Form = form["$defs"]
    for step in STEPS:
        _with_short_forms(parts[step.__name__], step)
    _with_sites(parts["Internetwork"])
    form = _with_named_values(form)
    form["properties"] |= _BESIDE_SCENARIO
    form["anyOf"] = [{"required": form.pop("required")}, {"required": [INCLUDE]}]
    return form


def _with_short_forms(form: _Form, step: type[Step]) -> None:
    field = listed_field(step)
    what = form["properties"][step.action]
    if field and step.sole:
        form["properties"][step.action] = _or_list(what)
    elif field:
        what["properties"][field] = _or_list(what["properties"][field])
    form["properties"] |= _BESIDE_ACTIONS


def _or_list(form: _Form) -> _Form:
    return {"anyOf": [form, {"type": "array", "items": form, "minItems": 1}]}


_BESIDE_SCENARIO: _Form = {
    INCLUDE: _or_list(_TEXT)
    | {"description": "Files whose words count here, too, but for what is said here otherwise."},
    LET: {
        "type": "object",
        "description": "Values by their names: `$outage` stands for that of `outage`.",
        "propertyNames": {"pattern": f"^{NAME.pattern}$"},
    },
}


def _with_sites(form: _Form) -> None:
    piece: _Form = {
        "type": "object",
        "properties": dict(form["properties"]),
        "additionalProperties": False,
    }
    group: _Form = {
        "type": "object",
        "properties": {
            "count": {"type": "integer", "minimum": 1, "description": "How many sites."},
            "like": _TEXT | {"description": "The template that they are like."},
            "named": _TEXT | {"description": "Their names: `branch` makes `branch-1` and so on."},
            "numbers": {
                "type": ["string", "integer"],
                "examples": ["+100"],
                "description": "How far call numbers count on from site to site.",
            },
        },
        "required": ["count", "like"],
        "additionalProperties": False,
    }
    assert tuple(group["properties"]) == SITE_KEYS
    form["properties"] |= {
        TEMPLATES: {
            "type": "object",
            "additionalProperties": piece,
            "description": "Pieces of an internetwork: `$site` is a site's name, `$number` its "
            "number.",
        },
        SITES: _or_list(group) | {"description": "So many pieces that are like a template."},
    }


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
