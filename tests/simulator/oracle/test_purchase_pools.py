"""Pools of purchases: who has orders in common, and what is used beyond them (O10)."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.oracle.purchase_pools import NOTHING, Purchases, Use

END_NS = 1_000


class Books:
    """Orders `one` to `four`, files that contain them, and CLAs named by letters, at `now_ns`."""

    def __init__(self, licenses: Mapping[str, int], *, ends_ns: int | None = None) -> None:
        self.purchases = Purchases()
        self.now_ns = 0
        self._serials = 0
        for lac in ("one", "two", "three"):
            self.purchases.order(lac, {"base": 1, **licenses})
        if ends_ns is not None:
            self.purchases.order("four", licenses, ends_ns)

    def accept(self, agent: str, *lacs: str, flexible: bool = False) -> int:
        """A file with these orders is accepted; returns its serial."""
        self._serials += 1
        self.purchases.file(self._serials, list(lacs))
        self.purchases.accept(agent, self._serials, self.now_ns, flexible=flexible)
        return self._serials

    def use(self, agent: str, node: str, serial: int, *, up: bool = True, **seats: int) -> None:
        """A node uses so much by a file of its CLA, or will when it is `up` again."""
        self.purchases.use(agent, Use(node, serial, seats if up else NOTHING, seats))

    def beyond(self) -> list[dict[str, int]]:
        """What is too much, by pool."""
        pools = self.purchases.pools()
        return [dict(self.purchases.beyond(pool, self.now_ns)) for pool in pools]

    def pools(self) -> list[str]:
        """The CLAs of each pool."""
        return ["".join(sorted(pool.agents)) for pool in self.purchases.pools()]


def twice() -> Books:
    """One order, in files of two CLAs, all of it used at the one and most of it at the other."""
    books = Books({"ip": 10})
    for agent, node, seats in (("a", "old", 10), ("b", "new", 7)):
        books.use(agent, node, books.accept(agent, "one"), ip=seats)
    return books


def test_what_two_files_have_in_common_was_bought_once():
    """Neither CLA exceeds its own file, and both together do."""
    books = twice()
    assert (books.pools(), books.beyond()) == (["ab"], [{"ip": 7}])
    books.use("a", "old", 1, ip=3)
    assert books.beyond() == [{}]


def test_orders_of_different_files_are_no_pool():
    """Each has bought its own."""
    books = Books({"ip": 10})
    for agent, lac in (("a", "one"), ("b", "two")):
        books.use(agent, f"{agent}1", books.accept(agent, lac), ip=10)
    assert (books.pools(), books.beyond()) == (["a", "b"], [{}, {}])


def test_orders_join_all_files_that_have_any_of_them():
    """A file of one and two, one of two and three, and one of three: everything was bought once."""
    books = Books({"ip": 10})
    for agent, lacs in (("a", ("one", "two")), ("b", ("three",)), ("c", ("two", "three"))):
        books.use(agent, f"{agent}1", books.accept(agent, *lacs), ip=11)
    assert (books.pools(), books.beyond()) == (["abc"], [{"ip": 3}])


def test_base_licenses_are_not_counted():
    """Each file has one, however many orders brought one (domain 2)."""
    books = twice()
    books.use("a", "old", 1, base=5)
    assert books.beyond() == [{}]


def test_a_node_by_an_older_file_still_uses_its_orders():
    """A CLA that has become another's business keeps who was cut off from it in the old pool."""
    books = Books({"ip": 10})
    books.use("a", "cut-off", books.accept("a", "one"), ip=10)
    books.accept("a", "two")
    assert books.pools() == ["a"]
    books.use("b", "new", books.accept("b", "one"), ip=10)
    books.use("a", "connected", 2, ip=10)
    assert (books.pools(), books.beyond()) == (["ab"], [{"ip": 10}])
    books.purchases.leave("a", "cut-off")
    assert (books.pools(), books.beyond()) == (["a", "b"], [{}, {}])


def test_f13_what_a_smaller_file_leaves_in_use_may_stay_but_not_grow():
    """What was given up meanwhile does not come again."""
    books = Books({"ip": 10})
    books.use("a", "hq", books.accept("a", "one", "two"), ip=18)
    smaller = books.accept("a", "two")
    books.use("a", "hq", smaller, ip=18)
    assert books.beyond() == [{}]
    books.use("a", "south", smaller, ip=1)
    assert books.beyond() == [{"ip": 1}]
    books.use("a", "hq", smaller, ip=12)
    assert books.beyond() == [{}]
    books.use("a", "hq", smaller, ip=18)
    assert books.beyond() == [{"ip": 6}]


def test_f14_what_the_end_of_an_order_leaves_in_use_may_stay_but_not_grow():
    """The same at an end; a node that was off then, and lives on, has no claim."""
    books = Books({"ip": 10}, ends_ns=END_NS)
    file = books.accept("a", "one", "four")
    books.use("a", "hq", file, ip=10)
    books.use("a", "north", file, ip=8)
    books.use("a", "off", file, up=False, ip=2)
    assert books.purchases.next_end_ns == END_NS
    books.now_ns = END_NS
    books.purchases.end_orders(END_NS)
    assert books.beyond() == [{}]
    books.use("a", "off", file, ip=2)
    assert books.beyond() == [{"ip": 2}]


def test_f13_who_was_off_when_a_smaller_file_came_has_not_heard_of_it():
    """Until its CLA answers, by the newest file; the seats are reserved for it that long."""
    books = Books({"ip": 10})
    file = books.accept("a", "one", "two")
    books.use("a", "hq", file, ip=10)
    books.use("a", "off", file, up=False, ip=8)
    smaller = books.accept("a", "one")
    books.use("a", "hq", smaller, ip=10)
    books.use("a", "off", file, ip=8)
    assert books.beyond() == [{}]
    books.use("a", "off", smaller, ip=3)
    assert books.beyond() == [{}]
    books.use("a", "off", smaller, up=False, ip=3)
    assert books.beyond() == [{}]
    books.use("a", "off", smaller, ip=3)
    assert books.beyond() == [{"ip": 3}]


def test_f13_a_file_that_is_not_flexible_any_more_is_a_smaller_one():
    """What stood in stays until it is given up."""
    books = Books({"ip": 4, "tdm": 1})
    books.use("a", "north", books.accept("a", "one", flexible=True), tdm=3)
    plain = books.accept("a", "one", "two")
    assert books.beyond() == [{}]
    books.use("a", "north", plain, tdm=4)
    assert books.beyond() == [{"tdm": 1}]


def test_another_file_excuses_nothing_that_was_too_much_before():
    """Over-use does not become F13's by an activation."""
    books = Books({"ip": 10})
    books.use("a", "hq", books.accept("a", "one"), ip=12)
    assert books.beyond() == [{"ip": 2}]
    books.use("a", "hq", books.accept("a", "one"), ip=12)
    assert books.beyond() == [{"ip": 2}]


@pytest.mark.parametrize(("flexible", "beyond"), [(True, {"ip": 1}), (False, {"tdm": 6})])
def test_stand_ins_count_as_in_the_pool_of_one_cla(flexible, beyond):
    """With flexible licensing IP licenses cover what is used beyond a type's own (domain 2)."""
    books = Books({"ip": 10, "tdm": 4})
    books.use("a", "old", books.accept("a", "one", flexible=flexible), ip=5, tdm=4)
    books.use("b", "new", books.accept("b", "one", flexible=flexible), tdm=6)
    assert books.beyond() == [beyond]


files = st.lists(
    st.lists(st.sampled_from(["one", "two", "three", "four"]), min_size=1, unique=True),
    min_size=1,
    max_size=5,
)


@given(files, files)
def test_pools_are_what_joins_step_by_step(first, second):
    """Whoever shares an order with any of a pool belongs to it, in whatever order files come."""
    books = Books({"ip": 10})
    for contained in (first, second):
        for number, lacs in enumerate(contained):
            books.use(f"{number}", f"n{number}", books.accept(f"{number}", *lacs), ip=1)
    newest = {**dict(enumerate(first)), **dict(enumerate(second))}
    for number, lacs in newest.items():
        pool, before = set(lacs), set()
        while pool != before:
            before = set(pool)
            pool.update(lac for each in newest.values() if pool & set(each) for lac in each)
        agents = [f"{other}" for other, each in newest.items() if pool & set(each)]
        (found,) = [each for each in books.purchases.pools() if f"{number}" in each.agents]
        assert (sorted(found.agents), set(found.lacs)) == (agents, pool)
