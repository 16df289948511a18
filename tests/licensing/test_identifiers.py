import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.errors import LicensingError
from licensing.identifiers import (
    ADVANCED_LOCKING_ID_INPUTS,
    advanced_locking_id,
    make_lac,
    parse_lac,
    parse_locking_id,
)

CHARACTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
lacs = st.binary(min_size=12, max_size=12).map(make_lac)
configurations = st.fixed_dictionaries(
    dict.fromkeys(ADVANCED_LOCKING_ID_INPUTS, st.text(max_size=8))
)


def is_refused(text: str) -> bool:
    """Whether `text` is no LAC."""
    try:
        parse_lac(text)
    except LicensingError as error:
        return error.code == "lac-mistyped"
    return False


@given(lacs)
def test_a_made_lac_is_read_back_however_it_is_spaced(lac):
    """Four groups of five; case, blanks and hyphens do not matter, O I L count as 0 1 1."""
    assert [len(group) for group in lac.split("-")] == [5, 5, 5, 5]
    assert parse_lac(lac) == lac
    typed = lac.replace("-", " ").lower().replace("0", "o").replace("1", "l")
    assert parse_lac(f" {typed}\n") == lac


@given(lacs)
def test_every_wrong_character_in_a_lac_is_found(lac):
    """All 20 places, all 31 other characters."""
    for place, right in enumerate(lac):
        for wrong in CHARACTERS if right != "-" else "":
            assert wrong == right or is_refused(lac[:place] + wrong + lac[place + 1 :])


@given(lacs)
def test_every_swap_of_neighbours_in_a_lac_is_found(lac):
    """All 19 pairs, the one with the check character included."""
    plain = lac.replace("-", "")
    for place in range(19):
        left, right = plain[place : place + 2]
        assert left == right or is_refused(plain[:place] + right + left + plain[place + 2 :])


@given(lacs)
def test_a_missing_or_doubled_character_in_a_lac_is_found(lac):
    """A LAC has 20 characters, never 19 or 21."""
    plain = lac.replace("-", "")
    for place in range(20):
        assert is_refused(plain[:place] + plain[place + 1 :])
        assert is_refused(plain[:place] + plain[place] + plain[place:])


@given(st.text(max_size=60))
def test_any_text_is_a_lac_or_refused(text):
    """Absurd input never causes another failure; what is read is in canonical form."""
    assert is_refused(text) or parse_lac(parse_lac(text)) == parse_lac(text)


def test_a_long_text_is_quoted_in_short():
    """A pasted novel does not fill the log."""
    with pytest.raises(LicensingError) as refusal:
        parse_lac("x" * 100_000)
    assert len(refusal.value.message) < 140


def test_payloads_without_a_check_character_are_not_used():
    """Five of the 37 check values have none: such chance moves on to the next payload."""
    assert make_lac(bytes(12)) == "00000-00000-00000-00000"
    assert all(parse_lac(make_lac(bytes(11) + bytes([last]))) for last in range(256))


@pytest.mark.parametrize(
    ("typed", "locking_id"),
    [
        (" 00-1a-e8-4c-00-01 ", "00-1A-E8-4C-00-01"),
        ("ali-0000-1111-2222-3333-ZZZZ", "ALI-0000-1111-2222-3333-ZZZZ"),
    ],
)
def test_both_kinds_of_locking_id_are_read_as_typed(typed, locking_id):
    """Hardware's and Advanced Locking ID (domain 1)."""
    assert parse_locking_id(typed) == locking_id


@pytest.mark.parametrize(
    "text",
    ["", "hq", "00-1A-E8-4C-00", "00-1A-E8-4C-00-0G", "00:1A:E8:4C:00:01", "ALI-0", "x" * 999],
)
def test_other_texts_are_no_locking_id(text):
    """The error quotes at most 40 characters and shows what one looks like."""
    with pytest.raises(LicensingError) as refusal:
        parse_locking_id(text)
    assert refusal.value.code == "locking-id-malformed"
    assert len(refusal.value.message) < 80
    assert "00-1A-E8-4C-00-01" in refusal.value.hint


@given(configurations, st.sampled_from(ADVANCED_LOCKING_ID_INPUTS))
def test_changing_one_configuration_value_changes_the_advanced_locking_id(configuration, name):
    """Domain 1: derived from configuration values, whatever their order."""
    identity = advanced_locking_id(configuration)
    assert parse_locking_id(identity) == identity
    assert advanced_locking_id(dict(reversed(configuration.items()))) == identity
    changed = configuration | {name: configuration[name] + "x"}
    assert advanced_locking_id(changed) != identity
