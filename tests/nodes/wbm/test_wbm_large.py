"""Pages of a large node: nothing is left out, and no page is longer than a person can use."""

import re
from collections.abc import AsyncIterator

import pytest
from branches import SCENARIO, branches
from signed_in import signed_in
from simulated_browser import Browser

NUMBERS = [str(number) for number in range(1000, 1250)]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Signed in at a node with 250 system telephones."""
    async with branches(SCENARIO.replace("100-101", f"{NUMBERS[0]}-{NUMBERS[-1]}")) as here:
        yield await signed_in(here, "hq")


async def test_telephones_are_shown_a_hundred_at_a_time(browser: Browser) -> None:
    """Each is on one page, and is found by its number or type."""
    shown: list[str] = []
    for page in (1, 2, 3):
        source = (await browser.get(f"/telephones?page={page}")).source
        shown += re.findall(r'data-display="(\d+)"', source)
    assert shown == NUMBERS
    assert "0 of 250 show a message. " in (await browser.get("/telephones")).text
    found = (await browser.get("/telephones?find=249")).source
    assert re.findall(r'data-display="(\d+)"', found) == ["1249"]
    assert "250 telephones, page 1 of 3" in (await browser.get("/telephones?find=hfa")).text
    assert "No system telephone is found." in (await browser.get("/telephones?find=DECT")).text


async def test_all_subscribers_are_on_one_page_in_print(browser: Browser) -> None:
    """It comes in pieces and compressed, with one element for a cell."""
    path = "/local-user-licenses/print"
    page = await browser.get(path, **{"Accept-Encoding": "gzip"})
    assert re.findall(r'<th scope="row">(\d+) ', page.source) == [*NUMBERS]
    assert page.headers["Content-Encoding"] == "gzip"
    assert page.headers["Transfer-Encoding"] == "chunked"
    (row,) = re.findall(r"<tr><th scope=\"row\">1249 .*</tr>", page.source)
    others = re.findall("<(?!td)[^>]*>", row)
    assert others == ["<tr>", '<th scope="row">', "<small>", "</small>", "</th>", "</tr>"]
    plain = await browser.get(path, **{"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
