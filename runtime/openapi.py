"""The OpenAPI 3.1 document of an API, made from its operations: their types, docstrings, problems.

Nothing is described twice: schemas are those by which bodies are decoded, words are the docstrings,
problem responses are rows of the error registry.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, get_type_hints

import msgspec

from licensing.errors import ERRORS, LicensingError, ProblemDetails
from licensing.records import Record
from runtime.idempotency import KeptAnswers

OPENAPI_PATH = "/v1/openapi.json"
PROBLEM_TYPE = "application/problem+json"
KEY_HEADER = "Idempotency-Key"
KEY_PATTERN = "^[!-~]{1,200}$"

_OF_ALL = ("internal-error", "state-damaged", "state-unreachable")
_OF_BODIES = ("request-malformed", "request-incomplete", "request-too-large")
_OF_KEYS = ("idempotency-key-busy", "idempotency-key-reused")
_RAISES = re.compile(r"[;.]?\s+raises\s.*?\.(?=\s|$)", re.IGNORECASE | re.DOTALL)
"""To the end of the sentence, which a dot within a name is not."""
_SCHEMAS = "#/components/schemas/{name}"
_KEY = {
    "name": KEY_HEADER,
    "in": "header",
    "description": "Chosen by the caller, anew for every intention: a repetition with the same key"
    " and body gets the first answer, and nothing happens twice.",
    "schema": {"type": "string", "pattern": KEY_PATTERN},
}

Json = dict[str, Any]


def malformed(reason: str) -> LicensingError:
    """A request that cannot be read."""
    return LicensingError("request-malformed", reason=reason)


class Operation(msgspec.Struct, frozen=True):
    """One operation: `function` returns a record, or bytes of `content_type`.

    `problems` are the codes that it answers itself; `before` is called each time before it is done;
    `unreadable` says of a body that is none, and why, what is wrong with it. Where there are
    `answers` a repetition may have a key, and `function` gets what keeps its answer as well.
    """

    method: str
    path: str
    function: Callable[..., Awaitable[Record | bytes]]
    body: type[Record] | None = None
    problems: Sequence[str] = ()
    content_type: str = "application/json"
    before: Callable[[], None] | None = None
    unreadable: Callable[[str], LicensingError] = malformed
    answers: KeptAnswers | None = None

    @property
    def keyed(self) -> bool:
        """Whether a repetition may have a key."""
        return self.answers is not None

    def do(self, *arguments: object) -> Awaitable[Any]:
        """Begin it; the arguments are those of `function`."""
        if self.before is not None:
            self.before()
        return self.function(*arguments)

    @property
    def answer(self) -> type[Record] | None:
        """The type of its answer, None for bytes."""
        answer = get_type_hints(self.function)["return"]
        return None if answer is bytes else answer

    def codes(self) -> list[str]:
        """All problems that it can answer, in the order of their status."""
        codes = {*_OF_ALL, *self.problems, *(_OF_BODIES if self.body else ())}
        return sorted(codes | set(_OF_KEYS if self.keyed else ()), key=_status_and_code)


def document(title: str, operations: Iterable[Operation]) -> bytes:
    """The document of `operations` as JSON."""
    operations = list(operations)
    records = [kind for each in operations for kind in (each.body, each.answer) if kind]
    _, schemas = msgspec.json.schema_components([*records, ProblemDetails], ref_template=_SCHEMAS)
    paths: dict[str, Json] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    described = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": paths,
        "components": {"schemas": _reworded(schemas)},
    }
    return msgspec.json.encode(described)


def _described(operation: Operation) -> Json:
    summary, _, description = _words(operation.function).partition("\n\n")
    described: Json = {
        "operationId": f"{operation.method.lower()}{operation.path.replace('/', '-')}",
        "summary": " ".join(summary.split()),
        "responses": {"200": _answered(operation), **_problems(operation.codes())},
    }
    if description:
        described["description"] = description
    if operation.keyed:
        described["parameters"] = [_KEY]
    if operation.body:
        described["requestBody"] = {
            "required": _required(operation.body),
            "content": _json(_reference(operation.body)),
        }
    return described


def _words(function: Callable[..., object]) -> str:
    """The docstring; what it raises is said better by the responses."""
    return _RAISES.sub(".", inspect.getdoc(function) or "")


def _required(body: type[Record]) -> bool:
    """Whether there has to be a body: where all fields may be missing, it may be, too."""
    return any(field.required for field in msgspec.structs.fields(body))


def _answered(operation: Operation) -> Json:
    answer = operation.answer
    content = _json(_reference(answer)) if answer else {operation.content_type: {}}
    return {"description": "It is done.", "content": content}


def _problems(codes: Sequence[str]) -> Json:
    """Responses by status; their schema names the codes, so that another one is a deviation."""
    return {
        str(status): {
            "description": "\n".join(f"- `{code}`: {_message(code)}" for code in of_status),
            "content": {PROBLEM_TYPE: {"schema": _problem_schema(of_status)}},
        }
        for status, of_status in _by_status(codes).items()
    }


def _message(code: str) -> str:
    return ERRORS[code].message.replace("!r}", "}")


def _by_status(codes: Sequence[str]) -> Mapping[int, list[str]]:
    return {
        status: list(group) for status, group in groupby(codes, lambda code: ERRORS[code].status)
    }


def _problem_schema(codes: Sequence[str]) -> Json:
    return {"allOf": [_reference(ProblemDetails), {"properties": {"type": {"enum": codes}}}]}


def _status_and_code(code: str) -> tuple[int, str]:
    return ERRORS[code].status, code


def _reference(record: type[Record]) -> Json:
    return {"$ref": _SCHEMAS.format(name=record.__name__)}


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _reworded(schemas: dict[str, Json]) -> dict[str, Json]:
    """Docstrings without the indentation of the code."""
    return {
        name: schema | {"description": re.sub(r"\n +", "\n", schema.get("description", name))}
        for name, schema in schemas.items()
    }
