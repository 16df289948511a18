"""Challenges of the license server: each is answered once, and in time."""

import pytest

from license_server.challenges import LIFETIME_NS, Challenges
from licensing.errors import LicensingError

SECRET, OTHER_SECRET = b"s" * 32, b"t" * 32
CHANCE = bytes(range(16))


def refused(challenges: Challenges, text: str, now_ns: int, secret: bytes = SECRET) -> bool:
    """Whether the challenge is not taken."""
    try:
        challenges.use(secret, text, now_ns)
    except LicensingError as error:
        return error.code == "challenge-unknown"
    return False


def test_a_challenge_is_answered_once():
    """A copy of the request that answered it comes too late, in whatever spelling."""
    challenges = Challenges()
    text = challenges.make(SECRET, CHANCE, 5)
    assert not refused(challenges, text, 5)
    respelled = text.replace("==", "") + "=="
    for copy in (text, respelled, text[:-3] + chr(ord(text[-3]) + 1) + "=="):
        assert refused(challenges, copy, 6)


def test_a_challenge_is_answered_in_time():
    """As long as the asking CLA waits; afterwards nothing is kept of it."""
    challenges = Challenges()
    late, early = (challenges.make(SECRET, bytes([n] * 16), 0) for n in (1, 2))
    assert not refused(challenges, early, LIFETIME_NS - 1)
    assert refused(challenges, late, LIFETIME_NS)
    assert refused(challenges, early, LIFETIME_NS - 1)
    assert refused(challenges, early, 3 * LIFETIME_NS)
    assert not challenges._answered


@pytest.mark.parametrize("text", ["", "A", "☃", "=" * 56, "A" * 56, "A" * 1_000_000])
def test_what_this_server_did_not_make_is_unknown(text):
    """Rubbish, and the challenge of another process."""
    assert refused(Challenges(), text, 0)
    assert refused(Challenges(), Challenges().make(OTHER_SECRET, CHANCE, 0), 0)


def test_before_the_first_challenge_nobody_can_make_one():
    """There is no secret yet, and an empty one is none."""
    forged = Challenges().make(b"", CHANCE, 0)
    assert refused(Challenges(), forged, 0, secret=b"")


def test_what_is_kept_of_answered_challenges_is_bounded_by_their_lifetime():
    """Older ones are forgotten as younger ones are answered."""
    challenges = Challenges()
    for number in range(1000):
        now_ns = number * LIFETIME_NS // 10
        text = challenges.make(SECRET, number.to_bytes(16), now_ns)
        assert not refused(challenges, text, now_ns)
    assert len(challenges._answered) <= 11
