"""No sentence of the manual is left out, and the document about it is up to date."""

import pytest
from manual_coverage import DOCUMENT, document, problems_of
from sentences import Sentence, Story, sentences, stories


def test_every_sentence_has_its_test_or_its_reason():
    """And every test of the directory plays a sentence."""
    assert list(problems_of(sentences(), stories())) == []


def test_the_document_is_up_to_date():
    """`make manual-coverage` writes it anew."""
    assert DOCUMENT.read_text() == document()


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        (Sentence("4.3", "It works."), "needs one of"),
        (Sentence("4.3", "It works.", test="test_it", silent="It does not."), "needs one of"),
        (Sentence("4.3", "It works.", test="test_gone"), "there is no test test_gone"),
        (Sentence("4.3", "It works.", silent="It says nothing."), "no sentence names test_it"),
    ],
)
def test_an_omission_is_found(sentence, problem):
    """Planted: a sentence without an answer, with two, with a test that is gone; a test of none."""
    known = {"test_it": Story("test_it", "test_manual_it.py", "It works.")}
    assert any(problem in found for found in problems_of([sentence], known))


def test_a_test_that_promises_nothing_is_found():
    """Planted: a test without a docstring."""
    known = {"test_it": Story("test_it", "test_manual_it.py", "")}
    said = [Sentence("4.3", "It works.", test="test_it")]
    assert list(problems_of(said, known)) == ["test_it promises nothing"]
