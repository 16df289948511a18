"""What all pieces of a scenario have in common, and what all steps of its timeline have.

In a file a step is `{at: MOMENT, ACTION: WHAT}`; in Python it is `Cut(at="day 3 08:00",
link="hq-north")`. Both become the same object.
"""

from typing import Annotated, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from licensing.errors import ERRORS
from simulator.scenario.attribute_docs import attribute_docs
from simulator.scenario.diagnostics import Refused, alike
from simulator.scenario.moments import At, Instant
from simulator.scenario.values import Reads, Sentence, duration_in_words, quoted, text

EVERY_NODE = "all"
"""Where a step names its node, this may stand for all of them; no node has this name."""


class Part(BaseModel):
    """A piece of a scenario: it never changes, and knows no keys but its own."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        defer_build=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        reference = handler(schema)
        form = handler.resolve_ref_schema(reference)
        form |= {"properties": cls._fields_as_written(form)}
        return reference

    @classmethod
    def _fields_as_written(cls, form: JsonSchemaValue) -> dict[str, JsonSchemaValue]:
        """The forms of the fields, each with what its docstring says."""
        fields: dict[str, JsonSchemaValue] = form.get("properties", {})
        docs = attribute_docs(cls)
        for name, field in cls.model_fields.items():
            written = str(field.validation_alias or name)
            if name in docs and written in fields:
                fields[written].setdefault("description", docs[name])
        return {key: _as_written(field) for key, field in fields.items()}


class Step(Part):
    """Something that happens at a moment. `action` is its key in the file.

    Where `sole` names a field, the file writes that field's value alone: `cut: hq-north`; it is one
    word, but for `sole_is_mapping`.
    """

    action: ClassVar[str]
    sole: ClassVar[str | None] = None
    sole_is_mapping: ClassVar[bool] = False
    beside: ClassVar[tuple[str, ...]] = ("at", "note")
    """Keys that the file writes beside the action, not inside."""

    at: At = Field(default_factory=Instant)
    """When: a day and a time in UTC, or the deadline of a node. Example: `at: day 3 08:00`"""

    note: Sentence | None = None
    """What whoever shows the scenario to others says at this step. Example: `note: Look at the
    telephones.`"""

    _place: tuple[str, int] | None = PrivateAttr(default=None)

    @property
    def place(self) -> tuple[str, int] | None:
        """File and line that the step was read from; None for a step made in Python."""
        return self._place

    def placed(self, file: str, line: int) -> Self:
        """The same step, knowing where it was written."""
        copy = self.model_copy()
        copy._place = (file, line)  # noqa: SLF001 - a copy of the same class
        return copy

    @property
    def expectation(self) -> str:
        """What must come of it, in words; "" where anything may."""
        return ""

    def __str__(self) -> str:
        said = {key: value for key, value in self if key not in ("at", "note")}
        words = [f"{key} {value}" for key, value in said.items() if value is not None]
        return f"{self.action} {' '.join(words)}"

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, data: object) -> object:
        if not isinstance(data, dict) or cls.action not in data:
            return data
        what = data[cls.action]
        besides = {key: data[key] for key in cls.beside if key in data}
        if cls.sole:
            if isinstance(what, dict | list) and not cls.sole_is_mapping:
                raise Refused(f"`{cls.action}` takes one word: `{cls.action}: {cls.sole.upper()}`")
            return {**besides, cls.sole: what}
        if not isinstance(what, dict):
            raise Refused(f"`{cls.action}` takes a mapping with the keys {_keys(cls)}")
        for key in cls.beside:
            if key in what:
                raise Refused(f"`{key}` stands beside `{cls.action}`, not inside")
        return {**besides, **what}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        reference = handler(schema)
        form = handler.resolve_ref_schema(reference)
        fields = cls._fields_as_written(form)
        besides = {key: fields.pop(key) for key in cls.beside}
        whole = {**form, "properties": fields, **cls.further_form()}
        what = fields[cls.sole] if cls.sole else whole
        what.pop("title", None)
        description = whole.pop("description", "")
        form.clear()
        form |= {
            "type": "object",
            "title": cls.__name__,
            "description": description,
            "properties": {"at": besides.pop("at"), cls.action: what, **besides},
            "required": ["at", cls.action],
            "additionalProperties": False,
        }
        return reference

    @classmethod
    def further_form(cls) -> JsonSchemaValue:
        """What JSON Schema has to know beyond the fields."""
        return {}


def refusal_code(value: object) -> str:
    """A code of the error registry; a wrong one is refused with the nearest, for there are many."""
    code = text(value)
    if code not in ERRORS:
        near = alike(code, ERRORS, most=5)
        message = f"{quoted(code)} is no code of a refusal; `internetsim schema` lists them"
        raise Refused(message, word=code, allowed=near)
    return code


RefusalCode = Annotated[str, Reads(refusal_code, {"enum": [*ERRORS]})]


class Request(Step):
    """A step that asks a program for something. `refused` is the code of an expected refusal."""

    beside = ("at", "note", "refused")

    refused: RefusalCode | None = None
    """The refusal that must come, by its code. Example: `refused: not-master`"""

    @property
    def expectation(self) -> str:
        """The refusal that must come; "" where none may."""
        return f"refused: {self.refused}" if self.refused else ""

    def __str__(self) -> str:
        expected = f", expect {self.expectation}" if self.refused else ""
        return f"{self.what()}{expected}"

    def what(self) -> str:
        """What is asked for, in words."""
        return super().__str__()


def _as_written(form: JsonSchemaValue) -> JsonSchemaValue:
    """A key's form in the words of the file: it may be missing, but is never null or nanoseconds.

    A default stands there as its author would write it; `at` must always be written.
    """
    choices: list[JsonSchemaValue] = [
        choice for choice in form.get("anyOf", ()) if choice.get("type") != "null"
    ]
    if len(choices) == 1:
        about = {key: form[key] for key in ("description",) if key in form}
        return choices[0] | about
    default = form.get("default")
    written = {key: value for key, value in form.items() if key != "default"}
    if choices:
        return written | {"anyOf": choices}
    if isinstance(default, str) or (default and isinstance(default, int)):
        in_words = duration_in_words(default) if isinstance(default, int) else default
        return written | {"default": in_words}
    return written


def _keys(step: type[Step]) -> str:
    names = (str(field.validation_alias or key) for key, field in step.model_fields.items())
    return ", ".join(key for key in names if key not in step.beside)
