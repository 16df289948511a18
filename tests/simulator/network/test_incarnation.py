"""What a program has made and what of it still lives."""

from simulator.network.incarnation import Living


class _Thing:
    """Something that can be referred to without keeping it."""


def test_what_lives_is_found_in_its_order_however_many_have_gone() -> None:
    """Those that nobody keeps are forgotten now and then, and never seen."""
    living: Living[_Thing] = Living()
    kept = []
    for number in range(1000):
        thing = _Thing()
        living.add(thing)
        if number % 100 == 0:
            kept.append(thing)
    del thing
    assert list(living) == kept
    assert len(living._references) < 100
