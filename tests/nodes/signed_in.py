"""A running internetwork, and somebody who is signed in at a node's WBM."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from branches import Branches, branches
from simulated_browser import PASSWORD, Browser

from licensing.words import Profile
from nodes.administration import SaveWbmUser


@asynccontextmanager
async def at(node: str = "hq", user: str = "Expert") -> AsyncIterator[tuple[Branches, Browser]]:
    """A browser that is signed in with the profile `user`."""
    async with branches() as here:
        yield here, await signed_in(here, node, user)


async def signed_in(here: Branches, node: str, user: str = "Expert") -> Browser:
    """A browser at `node`, whose users are those of the profiles."""
    for profile in Profile:
        account = SaveWbmUser(name=profile.value, profile=profile, password=PASSWORD)
        await here.tell(node, "/v1/wbm-user", account)
    browser = Browser(node)
    await browser.sign_in(user)
    return browser
