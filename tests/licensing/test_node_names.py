"""Names of nodes are compared without regard to case, and keep their spelling."""

from licensing.node_names import alike, same_name, spelled


def test_capital_letters_make_no_other_node() -> None:
    """In any alphabet."""
    assert same_name("hq", "HQ")
    assert same_name("Straße", "STRASSE")
    assert not same_name("hq", "hq-2")


def test_a_name_is_spelled_as_it_was_written_first() -> None:
    """However somebody writes it; None is a name that nobody has."""
    assert spelled("NORTH", ["hq", "North"]) == "North"
    assert spelled("south", ["hq", "North"]) is None


def test_names_that_differ_in_case_only_are_found_in_pairs() -> None:
    """Each with the one that came first; a name is not like itself."""
    assert list(alike(["main", "hq", "MAIN", "Main", "hq"])) == [("main", "MAIN"), ("main", "Main")]
