"""Registration data that are entered correctly, and those that are not."""

import pytest

from licensing.errors import LicensingError
from licensing.messages import Registration
from licensing.registration import LONGEST_FIELD, check_contact, check_registration

E_MAIL = [
    "it@example.com",
    " it@example.com ",
    "o'neill+x@mail.example.co.uk",
    "jörg@müller.example",
]
TELEPHONE = ["+49 89 1234567", "089/123456-0", "(030) 12345", "12345", "+1.555.0100"]
NEITHER = [
    *("B", "me", "none", "it@example", "@example.com", "it@@example.com", "it@example..com"),
    *("it example@example.com", "it@example.com, me@example.com", "it@-.1", "it@10.0.0.1"),
    *("1234", "+", "1" * 16, "12345x", "call 12345", "<script>alert('x')</script>", "\x00\ud800"),
    *("٠١٢٣٤٥", "it@example.com\nBcc: x"),
]


@pytest.mark.parametrize("contact", [*E_MAIL, *TELEPHONE])
def test_a_contact_is_an_e_mail_address_or_a_telephone_number(contact):
    """As people write them; blanks around it are nobody's mistake."""
    check_registration(Registration(company="Example Ltd", contact=contact))


@pytest.mark.parametrize("contact", NEITHER)
def test_what_reaches_nobody_is_no_contact(contact):
    """The error stands at its field, with what is possible."""
    with pytest.raises(LicensingError, match="neither an e-mail address nor") as refused:
        check_contact(contact)
    assert refused.value.details["field"] == "contact"
    assert "it@example.com or +49 89 1234567" in refused.value.hint


@pytest.mark.parametrize("field", ["company", "contact"])
def test_both_are_needed_and_neither_is_endless(field):
    """The field that is at fault is named."""
    for text, code in ((" ", "registration-incomplete"), ("1" * 201, "request-malformed")):
        data = {"company": "Example Ltd", "contact": "it@example.com"} | {field: text}
        with pytest.raises(LicensingError, match=field) as refused:
            check_registration(Registration(**data))
        assert (refused.value.code, refused.value.details["field"]) == (code, field)
    longest = "a" * LONGEST_FIELD
    check_registration(Registration(company=longest, contact="it@example.com"))
