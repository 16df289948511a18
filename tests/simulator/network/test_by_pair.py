from simulator.network.by_pair import ByPair


def test_things_are_found_by_their_hosts_in_the_order_in_which_they_came() -> None:
    """By pair in either direction, by host, or all; a host's own things are of no other pair."""
    things: ByPair[str] = ByPair()
    things.add("first", "hq", "north")
    things.add("second", "south", "hq")
    things.add("third", "north", "hq")
    things.add("own", "hq", "hq")
    assert list(things) == ["first", "second", "third", "own"]
    assert things.of_pair("north", "hq") == things.of_pair("hq", "north") == ["first", "third"]
    assert things.of_pair("hq", "hq") == ["own"]
    assert things.of_pair("north", "south") == []
    assert things.of_host("south") == ["second"]
    assert things.of_host("hq") == list(things)


def test_what_is_over_is_found_no_more() -> None:
    """It may end while all are gone through, and twice."""
    things: ByPair[str] = ByPair()
    things.add("first", "hq", "north")
    things.add("second", "hq", "north")
    for thing in things:
        things.discard(thing)
        things.discard(thing)
        assert thing not in things.of_pair("hq", "north")
    assert not things
    assert things.of_host("hq") == []
