"""Hashing takes no time: the manual promises nothing of it, and tests of passwords look at it."""

import pytest

from runtime import passwords


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", (2, 8, 1))
