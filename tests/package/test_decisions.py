"""docs/decisions: each has a number of its own, by which code and documents quote it."""

import re
from collections.abc import Iterable

import pytest
from processes import ROOT

from internetsim.own_packages import PACKAGES

FILE = re.compile(r"(\d{4})-[a-z0-9-]+\.md")
TITLE = re.compile(r"# (\d+)\. .+")
QUOTED = re.compile(r"\b[Dd]ecision (\d+)\b")
DECISIONS = [(path.name, path.read_text()) for path in (ROOT / "docs/decisions").iterdir()]


def unnumbered(decisions: Iterable[tuple[str, str]]) -> list[str]:
    """Files whose number is taken by one before them, is missing, or is not that of the title."""
    taken: set[str] = set()
    wrong = []
    for name, text in sorted(decisions):
        number, title = FILE.fullmatch(name), TITLE.match(text)
        if not number or not title or number[1] in taken or int(number[1]) != int(title[1]):
            wrong.append(name)
        else:
            taken.add(number[1])
    return wrong


def quoted_in_vain(text: str) -> list[str]:
    """Numbers that a text quotes, and that no decision has."""
    numbers = {str(int(name[:4])) for name, _ in DECISIONS}
    return [number for number in QUOTED.findall(text) if number not in numbers]


def test_each_decision_has_a_number_of_its_own():
    """In the name of its file and in its title."""
    assert unnumbered(DECISIONS) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("0001-the-same-number.md", "# 1. The same number\n"),
        ("0999-another-number.md", "# 998. Another number\n"),
        ("0999-no-title.md", "No title\n"),
        ("no-number.md", "# 999. No number\n"),
    ],
)
def test_a_wrong_number_is_found(name: str, text: str):
    """Planted: two people who took the next number on the same day, and slips."""
    assert unnumbered([*DECISIONS, (name, text)]) == [name]


def test_every_quoted_decision_is_there():
    """In the packages, the documents and the tests."""
    folders = [*PACKAGES, "docs", "tests", "benchmarks"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.*")]
    texts = {path: path.read_text() for path in files if path.suffix in (".py", ".md", ".yaml")}
    assert {path for path, text in texts.items() if quoted_in_vain(text)} == set()


def test_a_decision_that_is_not_there_is_found():
    """Planted in a text that quotes another one, too."""
    assert quoted_in_vain("as decision 1 says, and decision " + "999") == ["999"]
