"""The base of everything that is written down or sent: frozen, by keyword, no unknown fields."""

from typing import dataclass_transform

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What decoding a stranger's JSON raises: wrong form, no UTF-8, or nested too deeply."""


def kebab_case(class_name: str) -> str:
    """`LeaseChanged` -> `lease-changed`: the tag by which a record's class is known in JSON."""
    return "".join(f"-{char.lower()}" if char.isupper() else char for char in class_name).lstrip(
        "-"
    )


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A value with named fields; equal when its fields are.

    The type checker knows them by keyword only. A class whose optional fields come before required
    ones says `kw_only=True` as well, which msgspec does not inherit; a metaclass that passed it on
    would make the creation of every record three times as slow (Python 3.11).
    """
