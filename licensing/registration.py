"""Registration data: whether they are entered correctly (manual 4.3.1). The same rule everywhere.

Nothing is asked of anybody here: that an address is answered is not found out.
"""

import re

from licensing.errors import LicensingError
from licensing.messages import Registration

LONGEST_FIELD = 200
"""The most characters of a company or a contact."""
_E_MAIL = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@(?:[\w-]+\.)+[\w-]*[^\W\d_]")
_TELEPHONE = re.compile(r"\+?[0-9(][0-9 ()/.-]*")
_FEWEST_DIGITS, _MOST_DIGITS = 5, 15  # E.164 has at most 15


def check_registration(registration: Registration) -> None:
    """Raise what is wrong with the entries, with the name of the `field`.

    `registration-incomplete`, `contact-malformed`, or `request-malformed` for what is too long.
    """
    for field in ("company", "contact"):
        entered = getattr(registration, field).strip()
        if not entered:
            raise LicensingError("registration-incomplete", field=field)
        if len(entered) > LONGEST_FIELD:
            reason = f"{field} is longer than {LONGEST_FIELD} characters"
            raise LicensingError("request-malformed", reason=reason, field=field)
    check_contact(registration.contact)


def check_contact(contact: str) -> None:
    """Raise `contact-malformed` where it is neither an e-mail address nor a telephone number."""
    entered = contact.strip()
    digits = sum(character.isdigit() for character in entered)
    telephone = _TELEPHONE.fullmatch(entered) and _FEWEST_DIGITS <= digits <= _MOST_DIGITS
    if not telephone and not _E_MAIL.fullmatch(entered):
        raise LicensingError("contact-malformed", contact=contact[:60], field="contact")
