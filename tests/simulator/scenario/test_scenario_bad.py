"""Every way to get a scenario wrong, each with exactly the message that its author reads.

The messages stand in `bad_scenarios/messages.txt`. After a deliberate change write them anew with
`PYTHONPATH=. python tests/simulator/scenario/test_scenario_bad.py` and read the difference.
"""

from pathlib import Path

import pytest

from simulator.scenario import ScenarioError, load_scenario, parse_scenario

BAD = Path(__file__).parent / "bad_scenarios"
MESSAGES = BAD / "messages.txt"


def message_of(path: Path) -> str:
    """What the author of the file reads."""
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    return str(caught.value).replace(f"{path.parent}/", "")


def all_messages() -> dict[str, str]:
    """The message of each bad scenario by its name."""
    return {path.stem: message_of(path) for path in sorted(BAD.glob("*.yaml"))}


def as_text(messages: dict[str, str]) -> str:
    """The messages as they are kept in the repository."""
    return "\n".join(f"== {name}\n{message}\n" for name, message in messages.items())


def test_every_bad_scenario_says_what_is_wrong_where_and_what_is_allowed():
    """Messages are a contract: place, source line, caret, allowed words, nearest word, count."""
    assert MESSAGES.read_text() == as_text(all_messages())


def test_all_problems_are_found_at_once():
    """A misspelled key, a bad value and unknown names are reported together, in file order."""
    with pytest.raises(ScenarioError) as caught:
        load_scenario(BAD / "many-problems.yaml")
    lines = [problem.place.line for problem in caught.value.problems]
    assert lines == [4, 9, 12, 19, 20, 20]


def test_a_damaged_node_does_not_make_its_name_unknown():
    """Steps that name a node or number of a node that could not be read are not blamed for it."""
    with pytest.raises(ScenarioError) as caught:
        load_scenario(BAD / "slave-without-role.yaml")
    assert len(caught.value.problems) == 1


def test_a_missing_file_names_the_nearest_one(tmp_path):
    """A mistyped file name is answered with the one that was probably meant."""
    (tmp_path / "cut-one-way.yaml").write_text("")
    with pytest.raises(ScenarioError, match=r"did you mean .*cut-one-way\.yaml"):
        load_scenario(tmp_path / "cut-oneway.yaml")


def test_a_missing_file_without_a_near_name_lists_what_is_there(tmp_path):
    """Where no name is near, the scenarios of that directory are listed."""
    (tmp_path / "cut-one-way.yaml").write_text("")
    with pytest.raises(ScenarioError, match=r"allowed: cut-one-way\.yaml"):
        load_scenario(tmp_path / "q.yaml")


def test_a_directory_lists_the_scenarios_in_it(tmp_path):
    """A directory is no scenario, but may hold some."""
    (tmp_path / "cut-one-way.yaml").write_text("")
    with pytest.raises(ScenarioError, match=r"(?s)is a directory.*cut-one-way.yaml"):
        load_scenario(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"title: a\0b", "binary file"),
        ("title: a".encode("utf-16"), "UTF-16"),
        (b"title: a\nabout: \xfc", "line 2 is not UTF-8"),
        (b"title: \x07", "is not allowed in YAML"),
        (b"#" * (4 * 2**20 + 1), "larger than 4 MiB"),
        (b'title: "\\UFFFFFFFF"', "this is not YAML"),
        (b"title: *nobody", "no finished piece above is marked"),
        (b"a: &a [*a]", "no finished piece above is marked"),
        (b"[a]: b", "a key is a single word"),
        (b"---\ntitle: a\n---\ntitle: b\n", "a second document"),
        (b"[" * 5000, "nested more than"),
        (b"title: a", "the key 'internetwork' is missing"),
        (b"timeline: [1, [], {}]", "a step is a mapping"),
        (b"internetwork: {nodes: 1, links: [], purchase: }", "a mapping is expected here"),
        (b"internetwork: []", "a mapping is expected here, not a list"),
    ],
)
def test_a_file_that_is_no_scenario_is_a_clear_error(tmp_path, content, message):
    """Whatever the bytes are, the answer is a message and never another exception."""
    path = tmp_path / "scenario.yaml"
    path.write_bytes(content)
    with pytest.raises(ScenarioError, match=message):
        load_scenario(path)


def test_aliases_that_multiply_are_refused_before_they_are_expanded():
    """Ten levels of ten aliases each are a few hundred bytes and ten thousand million pieces."""
    levels = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 11)]
    with pytest.raises(ScenarioError, match="aliases add up"):
        parse_scenario("\n".join(levels))


def test_a_path_that_no_file_can_have_is_a_clear_error():
    """A NUL in a path is refused by the system with a ValueError, by us in words."""
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenario(Path("a\0b"))


def test_very_many_problems_are_counted_but_not_all_printed():
    """The error holds every problem; the text stays readable."""
    steps = "\n".join(f"  - {{at: day {day} 08:00, cut: nothing}}" for day in range(200))
    text = (BAD / "unknown-link.yaml").read_text() + steps
    with pytest.raises(ScenarioError, match=r"(?s)and 151 more\n201 problems$") as caught:
        parse_scenario(text)
    assert len(caught.value.problems) == 201


if __name__ == "__main__":
    MESSAGES.write_text(as_text(all_messages()))
