"""What most tests of the central CLA begin with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from agency import Agency, agency


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Agency]:
    """A running CLA with enrolled nodes and a license file: 4 IP, 2 networking."""
    async with agency(tmp_path) as running:
        await running.activate()
        yield running
