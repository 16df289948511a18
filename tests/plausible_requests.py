"""Requests that nobody planned, made from what a program offers: its documented operations, forms.

A value is one that fits the field, or one that stands in another's place: half of them are right
somewhere. So many a request is refused in its middle, and not at its first word.
"""

import html
import json
import random  # noqa: TID251 - a test's own chance, from a number that is written down
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Schema = Mapping[str, Any]
Field = tuple[str, str]

_ATTRIBUTE = re.compile(r'([a-z-]+)(?:="([^"]*)")?')
_INPUT = re.compile(r"<(input|select|option|textarea|button)\b([^>]*)>")
_FORM = re.compile(r'<form\b[^>]*method="post"[^>]*action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)


class Offered(NamedTuple):
    """An operation of an OpenAPI document: its path, and the schema of its body."""

    path: str
    body: Schema


def operations(document: Mapping[str, Any]) -> list[Offered]:
    """What may be posted."""
    paths = document["paths"].items()
    posts = [(path, methods["post"]) for path, methods in paths if "post" in methods]
    return [Offered(path, _body_of(post)) for path, post in posts]


def _body_of(post: Mapping[str, Any]) -> Schema:
    schema: Schema = post["requestBody"]["content"]["application/json"]["schema"]
    return schema


class Guesses:
    """Values for fields: of `known` those of the field's name, or any string that is known."""

    def __init__(self, seed: int, known: Mapping[str, Sequence[Any]]) -> None:
        self._chance = random.Random(seed)
        self._known = known
        self._strings = [v for values in known.values() for v in values if isinstance(v, str)]

    def body(self, offered: Offered, document: Mapping[str, Any]) -> bytes:
        """One for an operation of `document`."""
        schemas = document["components"]["schemas"]
        return json.dumps(self._value("", offered.body, schemas)).encode()

    def fields(self, form: str) -> list[Field]:
        """What somebody may send with a form of a page, whose HTML this is.

        The entries of a session are sent as they are; everything else may be changed.
        """
        sent = []
        for name, values, tickable in _inputs(form):
            if name == "csrf_token":
                sent.append((name, values[0]))
            elif tickable:
                ticked = [value for value in values if self._chance.random() < 0.5]
                sent += [(name, value) for value in ticked]
            else:
                others = [*values, *self._known.get(name, self._strings)]
                sent.append((name, str(self._chance.choice(others))))
        return sent

    def _value(self, name: str, schema: Schema, schemas: Mapping[str, Schema]) -> object:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        if choices := schema.get("anyOf"):
            return self._value(name, self._chance.choice(choices), schemas)
        if choices := schema.get("enum", self._known.get(name)):
            return self._chance.choice(choices)
        match schema.get("type"):
            case "object":
                return self._object(schema, schemas)
            case "array":
                count = self._chance.choice((1, 2, 2, 3, 4))
                return [self._value(name, schema["items"], schemas) for _ in range(count)]
            case "integer":
                return self._chance.choice((0, 1, 1, 1, 2, 99))
            case "boolean":
                return self._chance.random() < 0.5
            case "null":
                return None
        return self._chance.choice(self._strings)

    def _object(self, schema: Schema, schemas: Mapping[str, Schema]) -> object:
        required = schema.get("required", ())
        fields = {
            key: self._value(key, each, schemas)
            for key, each in schema.get("properties", {}).items()
            if key in required or self._chance.random() < 0.5
        }
        if isinstance(further := schema.get("additionalProperties"), dict):
            for key in self._chance.sample(self._known["license"], k=2):
                fields[key] = self._value("", further, schemas)
        return fields


def forms(page: str) -> Iterator[tuple[str, str]]:
    """The forms of a page that are posted: address and HTML."""
    for found in re.finditer(_FORM, page):
        yield html.unescape(found[1]), found[2]


def _inputs(form: str) -> list[tuple[str, list[str], bool]]:
    """Names, with the values that the page offers, and whether each of them may be left out."""
    found: dict[str, tuple[list[str], bool]] = {}
    select = ""
    for tag, attributes in _INPUT.findall(form):
        known = {key: html.unescape(value) for key, value in _ATTRIBUTE.findall(attributes)}
        select = known.get("name", "") if tag == "select" else select
        name = select if tag == "option" else known.get("name", "")
        if name and tag != "select":
            values, _ = found.setdefault(name, ([], known.get("type") == "checkbox"))
            values.append(known.get("value", ""))
    return [(name, values, tickable) for name, (values, tickable) in found.items()]
