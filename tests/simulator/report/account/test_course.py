"""A course keeps every change while there is room, and afterwards never loses the worst."""

from random import Random  # noqa: TID251 - a test that draws

from simulator.report.account.course import MOST_CHANGES, Course


def test_a_short_course_is_exact() -> None:
    """What held when, without spans of no time and without changes that change nothing."""
    course = Course[str](max)
    for at_ns, value in ((0, "a"), (5, "a"), (7, "b"), (7, "c"), (9, "a")):
        course.change(at_ns, value)
    assert [*course.spans(12)] == [(0, 7, "a"), (7, 9, "c"), (9, 12, "a")]
    assert [course.at(at_ns) for at_ns in (-1, 0, 8, 99)] == [None, "a", "c", "a"]


def test_a_long_course_stays_small_and_never_shows_better_than_it_was() -> None:
    """At each instant it shows what held or something worse, and that at most a stretch away."""
    dice = Random(1)
    course, kept, at_ns = Course[int](max), [], 0
    for _ in range(20 * MOST_CHANGES):
        at_ns += dice.randrange(1, 1000)
        kept.append((at_ns, dice.randrange(5)))
        course.change(*kept[-1])
    shown = [*course.spans(at_ns + 1)]
    assert len(shown) <= MOST_CHANGES
    assert 0 < course.resolution_ns < at_ns // 100
    assert shown == sorted(shown)
    better = [at for at, value in kept if (now := course.at(at)) is None or now < value]
    assert better == []


def test_a_coarser_course_that_forgets_the_worst_is_found() -> None:
    """The planted bug: the latest of each stretch is kept instead of the worst."""
    course = Course[int](lambda _, latest: latest)
    for at_ns in range(3 * MOST_CHANGES):
        course.change(10 * at_ns, at_ns % 2)
    assert any((course.at(10 * at_ns) or 0) < at_ns % 2 for at_ns in range(3 * MOST_CHANGES))
