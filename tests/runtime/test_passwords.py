"""Accounts: passwords, and how often somebody may guess."""

import pytest

from licensing.errors import LicensingError
from runtime import passwords
from runtime.passwords import (
    FAILURES_PER_ADDRESS,
    FAILURES_PER_NAME,
    WINDOW_NS,
    SignInGate,
    checked_name,
    hashed,
    matches,
)

SALT = bytes(range(16))


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """Hashing that takes no time; one test shows that the real cost is kept with the hash."""
    monkeypatch.setattr(passwords, "COST", (2, 8, 1))


def test_a_password_is_known_again_and_no_other():
    """Only the very same text matches, in any alphabet; nothing of it is kept in clear."""
    kept = hashed("pässwörd 密码", SALT)
    assert matches("pässwörd 密码", kept)
    assert not matches("passwörd 密码", kept)
    assert "ssw" not in kept
    assert hashed("pässwörd 密码", bytes(16)) != kept


def test_a_hash_made_at_another_cost_is_still_understood(monkeypatch):
    """The cost stands in what is kept, so that it can be raised one day."""
    kept = hashed("correct horse", SALT)
    monkeypatch.undo()
    assert passwords.COST >= (1 << 14, 8, 5)
    assert matches("correct horse", kept)
    assert hashed("correct horse", SALT).startswith("scrypt$16384$8$5$")


def test_without_an_account_the_password_is_hashed_all_the_same(monkeypatch):
    """How long an answer takes does not tell whether a customer exists."""
    asked = []
    monkeypatch.setattr(passwords, "hashed", lambda *given: asked.append(given) or "")
    assert not matches("correct horse", None)
    assert asked == [("correct horse", bytes(16))]


@pytest.mark.parametrize(
    ("name", "password"),
    [("", "longenough"), ("  ", "longenough"), ("a\nb", "longenough"), ("x" * 201, "longenough"),
     ("Example", "short"), ("Example", "x" * 1001)],
)  # fmt: skip
def test_what_is_no_account_is_refused(name, password):
    """A name that can be read, a password that is worth guessing."""
    with pytest.raises(LicensingError) as refusal:
        checked_name(name, password)
    assert refusal.value.code == "account-malformed"
    assert password not in refusal.value.message


def closed(gate: SignInGate, name: str, address: str, now_ns: int) -> bool:
    """Whether the gate stops this attempt."""
    try:
        gate.require_open(name, address, now_ns)
    except LicensingError:
        return True
    return False


def test_after_five_failures_a_name_waits_a_quarter_of_an_hour():
    """At the end of the window, not before it; the refusal says how long."""
    gate = SignInGate()
    for _ in range(FAILURES_PER_NAME):
        assert not closed(gate, "A", "1.1.1.1", 0)
        gate.failed("A", "1.1.1.1", 0)
    assert closed(gate, "A", "1.1.1.1", WINDOW_NS - 1)
    with pytest.raises(LicensingError, match="often") as refusal:
        gate.require_open("A", "1.1.1.1", 0)
    assert "15 minutes" in refusal.value.hint
    assert not closed(gate, "A", "1.1.1.1", WINDOW_NS)


def test_a_stranger_cannot_lock_a_customer_out():
    """Failures count for the address that they come from; success forgets them."""
    gate = SignInGate()
    for _ in range(FAILURES_PER_NAME):
        gate.failed("A", "6.6.6.6", 0)
    assert closed(gate, "A", "6.6.6.6", 0)
    assert not closed(gate, "A", "1.1.1.1", 0)
    gate.succeeded("A", "6.6.6.6")
    assert not closed(gate, "A", "6.6.6.6", 0)


def test_an_address_that_tries_many_names_is_shut_out():
    """Twenty failures in all, whatever the names; nothing is remembered for ever."""
    gate = SignInGate()
    for number in range(FAILURES_PER_ADDRESS):
        gate.failed(f"name {number}", "6.6.6.6", 0)
    assert closed(gate, "another", "6.6.6.6", 0)
    gate.failed("another", "6.6.6.6", WINDOW_NS)
    assert len(gate._failures) == 2
