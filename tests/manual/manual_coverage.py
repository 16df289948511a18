"""Writes docs/manual-coverage.md: each sentence of the manual, its rules, its test.

Run by `make manual-coverage`; a test fails while the document is out of date.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from sentences import Sentence, Story, sentences, stories

DOCUMENT = Path(__file__).parents[2] / "docs" / "manual-coverage.md"

_HEAD = """\
# The manual as a test

Made by `make manual-coverage` from `tests/manual/sentences.yaml`; not to be edited here.

Each sentence of the manual's sections 4.3 and 4.4 stands here, abridged, with the rules that it
became and the test that plays it. F and O rules are quoted in the code where they are implemented;
`domain 1` to `domain 4` are the parties, the catalogue of licenses, the assignment on one node,
and the internetwork.
"""


def document() -> str:
    """The whole document."""
    said, known = sentences(), stories()
    parts = [_HEAD, _summary(said)]
    for section, of_section in groupby(said, key=lambda sentence: sentence.section):
        parts.append(f"## {section}\n")
        rows = "".join(_row(sentence, known) for sentence in of_section)
        parts.append(f"| The manual says | Rule | Test |\n|---|---|---|\n{rows}")
    return "\n".join(parts)


def problems_of(said: list[Sentence], known: dict[str, Story]) -> Iterator[str]:
    """What is wrong with the table: a sentence without an answer, a test without a sentence."""
    for sentence in said:
        answers = [sentence.test, sentence.silent, sentence.missing]
        if sum(map(bool, answers)) != 1:
            yield f"needs one of test, silent, missing: {sentence.says}"
        if sentence.test and sentence.test not in known:
            yield f"there is no test {sentence.test}: {sentence.says}"
    wanted = {sentence.test for sentence in said}
    yield from (f"no sentence names {name}" for name in known if name not in wanted)
    yield from (f"{name} promises nothing" for name, test in known.items() if not test.promise)


def _summary(said: list[Sentence]) -> str:
    proven = sum(bool(sentence.test) for sentence in said)
    missing = sum(bool(sentence.missing) for sentence in said)
    silent = len(said) - proven - missing
    return (
        f"{len(said)} sentences: {proven} are played by tests, {missing} are not kept yet, and "
        f"{silent} promise no behavior of the licensing.\n"
    )


def _row(sentence: Sentence, known: dict[str, Story]) -> str:
    if sentence.test:
        test = known[sentence.test]
        answer = f"[`{test.name}`](../tests/manual/{test.file}): {_line(test.promise)}"
    elif sentence.missing:
        answer = f"**Missing.** {sentence.missing}"
    else:
        answer = sentence.silent
    return f"| {_line(sentence.says)} | {sentence.rules} | {_line(answer)} |\n"


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


if __name__ == "__main__":
    DOCUMENT.write_text(document())
