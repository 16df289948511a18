"""What docs/api.md tells of the session of a node is true: its client is let in."""

import json
import re
from pathlib import Path
from typing import get_args

from agency import ADDRESSES, LOCKING_ID, acting_for, agency
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from licensing.messages import AGENT_PORT, SESSION_PATH, FromAgent, FromNode
from runtime.http import client

ROOT = Path(__file__).parents[2]
((SECTION, CLIENT),) = re.findall(
    r"^## The session of a node\n(.*?)```python\n(.*?)```",
    (ROOT / "docs" / "api.md").read_text(),
    re.MULTILINE | re.DOTALL,
)


def test_the_table_has_all_messages_and_no_other() -> None:
    """By their tags; path and port are right, too."""
    kinds = {*get_args(FromAgent), *get_args(FromNode)}
    told = re.findall(r"^\| `([a-z-]+)` \|", SECTION, re.MULTILINE)
    assert sorted(told) == sorted(kind.__struct_config__.tag for kind in kinds)
    assert SESSION_PATH in SECTION
    assert str(AGENT_PORT) in SECTION


async def test_the_client_is_welcomed_and_gets_what_it_demands(tmp_path: Path) -> None:
    """Its hello is signed as the CLA expects, and it knows the CLA by its proof."""
    words: dict = {}
    exec(CLIENT, words)  # our own document
    async with agency(tmp_path) as here:
        await here.activate()
        key = Ed25519PrivateKey.from_private_bytes(here.keys["north"].secret)
        url = f"http://{ADDRESSES['hq']}:{AGENT_PORT}{SESSION_PATH}"
        async with client() as http:
            with acting_for("north"):
                asked = words["open_session"](http, url, key, "north", LOCKING_ID)
                socket, welcome = await asked
            assert welcome["condition"] == "licensed"
            wants = [{"holder": "200", "license": "ip"}]
            demand = {"message": "demand", "request_id": "1", "lease_id": "", "wants": wants}
            await socket.send_str(json.dumps(demand | {"releases": []}))
            assert (await socket.receive_json())["granted"] == [wants[0] | {"quantity": 1}]
            await socket.close()
