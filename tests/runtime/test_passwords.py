"""Accounts: passwords, and how often somebody may guess."""

from contextlib import ExitStack

import pytest

from licensing.errors import LicensingError
from runtime import passwords
from runtime.passwords import (
    FAILURES_IN_SUM,
    FAILURES_PER_ACCOUNT,
    FAILURES_PER_ADDRESS,
    FAILURES_PER_NAME,
    MOST_AT_ONCE,
    WINDOW_NS,
    SignInGate,
    checked_account,
    checked_hash,
    hashed,
    matches,
)

SALT = bytes(range(16))


def test_a_password_is_known_again_and_no_other():
    """Only the very same text matches, in any alphabet; nothing of it is kept in clear."""
    kept = hashed("pässwörd 密码", SALT)
    assert matches("pässwörd 密码", kept)
    assert not matches("passwörd 密码", kept)
    assert "ssw" not in kept
    assert hashed("pässwörd 密码", bytes(16)) != kept


def test_a_hash_made_at_another_cost_is_still_understood(monkeypatch, hashing_cost):
    """The cost stands in what is kept, so that it can be raised one day."""
    kept = hashed("correct horse", SALT)
    monkeypatch.setattr(passwords, "COST", hashing_cost)
    assert passwords.COST >= (1 << 14, 8, 5)
    assert matches("correct horse", kept)
    assert hashed("correct horse", SALT).startswith("scrypt$16384$8$5$")


def test_without_an_account_the_password_is_hashed_all_the_same():
    """How long an answer takes does not tell whether a customer exists."""
    asked = []
    assert not matches("correct horse", None, scrypt=lambda *given: asked.append(given) or b"")
    assert asked == [(b"correct horse", bytes(16), passwords.COST)]


@pytest.mark.parametrize(
    ("name", "password"),
    [("", "longenough"), ("  ", "longenough"), ("a\nb", "longenough"), ("x" * 201, "longenough"),
     ("Example", "short"), ("Example", "x" * 1001)],
)  # fmt: skip
def test_what_is_no_account_is_refused(name, password):
    """A name that can be read, a password that is worth guessing."""
    with pytest.raises(LicensingError) as refusal:
        checked_account(name, password)
    assert refusal.value.code == "account-malformed"
    assert password not in refusal.value.message


def test_a_hash_from_elsewhere_is_one_that_would_be_made_here(monkeypatch, hashing_cost):
    """Another function or cost, and what is no hash at all, are refused."""
    kept = hashed("correct horse", SALT)
    assert checked_hash(kept) == kept
    monkeypatch.setattr(passwords, "COST", hashing_cost)
    for wrong in (kept, "", "rubbish", "scrypt$16384$8$5$AA==$AA==", "scrypt$16384$8$5$?$?"):
        with pytest.raises(LicensingError, match=r"a hash is scrypt\$16384\$8\$5\$"):
            checked_hash(wrong)


def tries(
    gate: SignInGate,
    name: str,
    address: str,
    now_ns: int,
    *,
    known: bool = False,
    right: bool = False,
) -> bool:
    """Somebody tries; whether the gate let the attempt through."""
    try:
        with gate.attempt(name, address, now_ns, known=known) as succeeded:
            if right:
                succeeded()
    except LicensingError as error:
        assert error.code == "sign-in-too-often"  # noqa: PT017 - what else it raises is a failure
        return False
    return True


def test_after_five_failures_a_name_waits_a_quarter_of_an_hour():
    """At the end of the window, not before it; the refusal says how long."""
    gate = SignInGate()
    for _ in range(FAILURES_PER_NAME):
        assert tries(gate, "A", "1.1.1.1", 0)
    assert not tries(gate, "A", "1.1.1.1", WINDOW_NS - 1, right=True)
    with (
        pytest.raises(LicensingError, match="too many failed attempts") as refusal,
        gate.attempt("A", "1.1.1.1", 0, known=False),
    ):
        pass
    assert "15 minutes" in refusal.value.hint
    assert tries(gate, "A", "1.1.1.1", WINDOW_NS)


def test_a_stranger_cannot_lock_a_customer_out():
    """Failures count for the address that they come from; success forgets them."""
    gate = SignInGate()
    for _ in range(FAILURES_PER_NAME - 1):
        assert tries(gate, "A", "6.6.6.6", 0)
    assert tries(gate, "A", "6.6.6.6", 0, right=True)
    for _ in range(FAILURES_PER_NAME):
        assert tries(gate, "A", "6.6.6.6", 0)
    assert not tries(gate, "A", "6.6.6.6", 0)
    assert tries(gate, "A", "1.1.1.1", 0, right=True)


def test_an_address_that_tries_many_names_is_shut_out():
    """Twenty failures in all, whatever the names; nothing is remembered for ever."""
    gate = SignInGate()
    for number in range(FAILURES_PER_ADDRESS):
        assert tries(gate, f"name {number}", "6.6.6.6", 0)
    assert not tries(gate, "another", "6.6.6.6", 0)
    assert tries(gate, "another", "6.6.6.6", WINDOW_NS)
    assert len(gate._failures) == 4


def attacked(gate: SignInGate, names: int) -> int:
    """Guess from new addresses, one guess each, until the gate is closed; how many got through."""
    for number in range(10 * FAILURES_IN_SUM):
        if not tries(gate, f"name {number % names}", f"10.0.{number // 250}.{number % 250}", 0):
            return number
    raise AssertionError("it never closed")


@pytest.mark.parametrize(("names", "most"), [(1, FAILURES_PER_ACCOUNT), (10_000, FAILURES_IN_SUM)])
def test_guesses_are_limited_for_an_account_and_in_sum_however_many_addresses_they_come_from(
    names, most
):
    """A net of hijacked computers gets no more guesses than that; others wait with it."""
    gate = SignInGate()
    assert attacked(gate, names) == most
    assert not tries(gate, "name 0", "1.1.1.1", WINDOW_NS - 1, right=True)
    assert tries(gate, "name 0", "1.1.1.1", WINDOW_NS, right=True)


@pytest.mark.parametrize("names", [1, 10_000])
def test_guessing_never_locks_an_account_for_an_address_from_which_it_signed_in_before(names):
    """Neither by the account's limit, nor by that in sum, nor by that of a shared address."""
    gate = SignInGate()
    attacked(gate, names)
    for number in range(FAILURES_PER_ADDRESS):
        tries(gate, f"other {number}", "1.1.1.1", 0)
    assert not tries(gate, "name 0", "2.2.2.2", 0, right=True)
    assert tries(gate, "name 0", "1.1.1.1", 0, known=True, right=True)


def test_guesses_from_a_known_address_are_limited_there():
    """Five, like everywhere; they are no reason to keep others out."""
    gate = SignInGate()
    for _ in range(FAILURES_PER_NAME):
        assert tries(gate, "A", "1.1.1.1", 0, known=True)
    assert not tries(gate, "A", "1.1.1.1", 0, known=True, right=True)
    assert tries(gate, "B", "1.1.1.1", 0)


def test_attempts_count_from_their_beginning():
    """Twenty requests at once are no way to twenty guesses, and no queue that others wait in."""
    gate = SignInGate()
    with ExitStack() as begun:
        for _ in range(FAILURES_PER_NAME):
            begun.enter_context(gate.attempt("A", "6.6.6.6", 0, known=False))
        assert not tries(gate, "A", "6.6.6.6", 0)
        for number in range(FAILURES_PER_NAME, MOST_AT_ONCE):
            begun.enter_context(gate.attempt("A", f"7.7.7.{number}", 0, known=False))
        assert not tries(gate, "B", "1.1.1.1", 0, right=True)
        assert tries(gate, "B", "1.1.1.1", 0, known=True, right=True)
    assert tries(gate, "B", "1.1.1.1", 0, right=True)
