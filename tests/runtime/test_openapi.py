"""The OpenAPI document says of each operation what its code says, and nothing else."""

import json
import sqlite3
from contextlib import closing

import pytest

from licensing.errors import ERRORS
from licensing.records import Record
from runtime.http import Nothing
from runtime.idempotency import KeptAnswers
from runtime.openapi import Operation, document


class Sum(Record):
    """Two numbers.

    In this order.
    """

    first: int
    second: int = 0


async def add(numbers: Sum) -> Sum:
    """Add two numbers; raises `order-empty`, or as `adding.check`.

    The second is 0 then. Raises `lac-unknown`, and
    as `adding.check_both` does.
    """
    return numbers


async def rest(_: Nothing) -> Nothing:
    """Do nothing."""
    return Nothing()


async def picture() -> bytes:
    """A picture."""
    return b""


def described(*operations: Operation) -> dict:
    """The document of some operations."""
    return json.loads(document("Test", operations))


ADD = Operation("POST", "/v1/add", add, Sum, ["order-empty", "lac-unknown"])


def test_an_operation_is_described_by_its_docstring_and_types():
    """Summary, description, body and answer; what it raises is in its responses."""
    found = described(ADD)["paths"]["/v1/add"]["post"]
    assert (found["summary"], found["description"]) == ("Add two numbers.", "The second is 0 then.")
    schema = {"application/json": {"schema": {"$ref": "#/components/schemas/Sum"}}}
    assert found["requestBody"] == {"required": True, "content": schema}
    assert found["responses"]["200"]["content"] == schema


def test_schemas_are_those_that_decode():
    """Unknown fields are forbidden; docstrings lose the indentation of the code."""
    schema = described(ADD)["components"]["schemas"]["Sum"]
    assert schema["description"] == "Two numbers.\n\nIn this order."
    assert (schema["required"], schema["additionalProperties"]) == (["first"], False)


def test_problems_are_grouped_by_status_with_the_registrys_words():
    """Its own and those of every operation with a body."""
    responses = described(ADD)["paths"]["/v1/add"]["post"]["responses"]
    assert list(responses) == ["200", "400", "404", "408", "413", "422", "500", "503"]
    assert "- `order-empty`: The order contains no license." in responses["422"]["description"]
    schema = responses["404"]["content"]["application/problem+json"]["schema"]
    assert schema["allOf"][1] == {"properties": {"type": {"enum": ["lac-unknown"]}}}


def test_a_code_that_the_registry_lacks_is_no_problem():
    """A typing error in a declaration does not go unseen."""
    with pytest.raises(KeyError, match="lac-unknwon"):
        described(Operation("POST", "/v1/add", add, Sum, ["lac-unknwon"]))
    assert "lac-unknwon" not in ERRORS


def test_a_body_that_may_be_empty_may_be_missing():
    """And a GET has none; bytes have their content type and no schema."""
    paths = described(
        Operation("POST", "/v1/rest", rest, Nothing),
        Operation("GET", "/v1/picture", picture, content_type="image/png"),
    )["paths"]
    assert paths["/v1/rest"]["post"]["requestBody"]["required"] is False
    got = paths["/v1/picture"]["get"]
    assert "requestBody" not in got
    assert got["responses"]["200"]["content"] == {"image/png": {}}
    assert list(got["responses"]) == ["200", "500", "503"]


def test_an_idempotency_key_is_a_parameter_with_problems_of_its_own():
    """Where repetitions may have one, and nowhere else."""
    with closing(sqlite3.connect(":memory:")) as database:
        once = Operation("POST", "/v1/add", add, Sum, answers=KeptAnswers(database))
        keyed = described(once)["paths"]["/v1/add"]["post"]
    assert [parameter["name"] for parameter in keyed["parameters"]] == ["Idempotency-Key"]
    assert {"409", "422"} < keyed["responses"].keys()
    assert "parameters" not in described(ADD)["paths"]["/v1/add"]["post"]
