"""The base of everything that is written down or sent: frozen, by keyword, no unknown fields."""

from typing import Any, dataclass_transform

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What decoding a stranger's JSON raises: wrong form, no UTF-8, or nested too deeply."""


def kebab_case(class_name: str) -> str:
    """`LeaseChanged` -> `lease-changed`: the tag by which a record's class is known in JSON."""
    return "".join(f"-{char.lower()}" if char.isupper() else char for char in class_name).lstrip(
        "-"
    )


class _RecordMeta(msgspec.StructMeta):
    """Passes `kw_only` on to subclasses, which msgspec does not inherit."""

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        **options: Any,  # noqa: ANN401 - whatever msgspec takes
    ) -> "_RecordMeta":
        return super().__new__(mcs, name, bases, namespace, **{"kw_only": True} | options)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Record(msgspec.Struct, metaclass=_RecordMeta, frozen=True, forbid_unknown_fields=True):
    """A value with named fields; equal when its fields are."""
