"""What an installation gets is what the tests ran with: two locks, one resolution."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)((?:.*\\\n +--hash=\S+)+)", re.MULTILINE)


def pins(lock: str) -> dict[str, tuple[str, list[str]]]:
    """Name: version and hashes."""
    found = PIN.finditer((ROOT / lock).read_text())
    return {pin[1]: (pin[2], re.findall(r"--hash=(\S+)", pin[3])) for pin in found}


def test_an_installation_has_the_versions_that_the_tests_ran_with():
    """Each pin of the smaller lock stands in the larger one, with the same hashes."""
    tested = pins("constraints.txt")
    for name, pin in pins("deploy/requirements.txt").items():
        assert tested[name] == pin


def test_an_installation_has_all_that_the_programs_need_and_no_tool_of_the_tests():
    """The dependencies and the build backend are locked; pytest is not among them."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = declared["project"]["dependencies"] + declared["build-system"]["requires"]
    installed = pins("deploy/requirements.txt")
    names = {re.split(r"[<>=]", need)[0].replace(".", "-") for need in needed}
    assert names <= set(installed)
    assert "pytest" not in installed
