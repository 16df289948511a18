import pytest

from licensing.policies import NS_PER_SECOND
from simulator.network.fabric import Network
from simulator.network.link import Ability, LinkUnable
from simulator.network.path import DeliverAfter, Discard, Hold, Pass, Path, Verdict
from simulator.network.traffic import NoTraffic


@pytest.fixture
def network() -> Network:
    """Two linked hosts and a lone one."""
    network = Network()
    for number, name in enumerate(("hq", "north", "lone"), 1):
        network.add_host(name, f"10.0.0.{number}")
    network.add_link("hq", "north", latency_ns=5, bandwidth_bit_s=64_000)
    return network


class Hearing(NoTraffic):
    """Writes down what changes."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.hosts: list[str] = []

    def path_changed(self, path: Path) -> None:
        """Which."""
        self.paths.append(f"{path.source}-{path.destination}")

    def host_changed(self, host: str) -> None:
        """Which."""
        self.hosts.append(host)


def passable(network: Network) -> tuple[bool, bool]:
    """Whether hq -> north and north -> hq let through."""
    there, back = network.path("hq", "north"), network.path("north", "hq")
    assert there is not None
    assert back is not None
    return there.passable, back.passable


def test_a_host_reaches_itself_and_nothing_that_nothing_leads_to(network: Network) -> None:
    """Loopback always; a route where links are."""
    assert network.path("hq", "lone") is None
    assert network.route("hq", "lone") is None
    loopback = network.route("lone", "lone")
    assert loopback is not None
    assert loopback.passable
    network.add_rule(Hold())
    assert loopback.passable
    assert network.name_of("10.0.0.2") == "north"
    assert network.address_of("nowhere") is None


def test_cut_both_ways_and_heal(network: Network) -> None:
    """A cut holds both directions, a heal ends every cut of the link in both."""
    network.cut("hq", "north")
    network.cut("north", "hq", one_way=True)
    assert passable(network) == (False, False)
    network.heal("north", "hq")
    assert passable(network) == (True, True)


def test_one_way_cut(network: Network) -> None:
    """One direction alone."""
    network.cut("hq", "north", one_way=True)
    assert passable(network) == (False, True)


def test_heal_leaves_other_faults_in_force(network: Network) -> None:
    """A rule lives as long as its maker wants."""
    rule = network.add_rule(Hold(), destination="north")
    network.cut("hq", "north")
    network.heal("hq", "north")
    assert passable(network) == (False, True)
    rule.lift()
    rule.lift()
    assert passable(network) == (True, True)


def test_the_first_decisive_rule_wins(network: Network) -> None:
    """Earlier rules win, also a Pass over a later Drop."""
    first = network.add_rule(Pass(), source="hq")
    network.add_rule(Discard())
    assert passable(network) == (True, False)
    first.lift()
    assert passable(network) == (False, False)


def test_delay_is_latency_and_verdict(network: Network) -> None:
    """Nanoseconds add up."""
    network.add_rule(DeliverAfter(1_000), "hq", "north")
    slow = network.path("hq", "north")
    assert slow is not None
    assert slow.passable
    assert slow.delay_ns() == 1_005
    network.set_latency("hq", "north", 7)
    assert slow.delay_ns() == 1_007


def test_each_direction_has_its_own_stream() -> None:
    """The maker of dice is asked once for each path, with the path's label."""
    asked: list[str] = []

    class Dice:
        def randint(self, a: int, b: int) -> int:
            return a

    def make(label: str) -> Dice:
        asked.append(label)
        return Dice()

    network = Network()
    network.add_host("a", "10.0.0.1")
    network.add_host("b", "10.0.0.2")
    network.add_link("a", "b", latency_ns=1, jitter_ns=1, dice=make)
    assert asked == ["link a -> b", "link b -> a"]


def test_rules_of_every_shape_stand_in_one_order(network: Network) -> None:
    """For the two ends or for any: what counts is which came first, whatever it names."""
    path = network.path("hq", "north")
    assert path is not None
    shapes = [(None, None), ("hq", "north"), (None, "north"), ("hq", None), ("hq", "north")]
    rules = [network.add_rule(DeliverAfter(number), *shape) for number, shape in enumerate(shapes)]
    for number, rule in enumerate(rules):
        assert path.verdict == DeliverAfter(number)
        rule.lift()
    assert path.verdict == Pass()


def test_a_new_link_is_under_the_rules_in_force(network: Network) -> None:
    """A fault for any link is one for those to come."""
    network.add_rule(Hold(), source="lone")
    network.add_link("lone", "hq", latency_ns=5)
    there, back = network.path("lone", "hq"), network.path("hq", "lone")
    assert there is not None
    assert back is not None
    assert (there.passable, back.passable) == (False, True)


def test_a_fault_costs_what_it_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cutting and healing each of many links judges each of their paths once a time."""
    network = Network()
    network.add_host("hq", "10.0.0.1")
    slaves = [f"slave-{number}" for number in range(1000)]
    for number, slave in enumerate(slaves):
        network.add_host(slave, f"10.1.{number // 250}.{number % 250}")
        network.add_link("hq", slave, latency_ns=5)
    judged: list[Path] = []
    judge = Path.judge

    def count(path: Path, verdict: Verdict) -> bool:
        judged.append(path)
        return judge(path, verdict)

    monkeypatch.setattr(Path, "judge", count)
    for slave in slaves:
        network.cut("hq", slave)
    assert len(judged) == 2 * len(slaves)
    assert not any(path.passable for path in judged)
    for slave in slaves:
        network.heal(slave, "hq")
    assert len(judged) == 4 * len(slaves)
    assert all(path.passable for path in judged)


def test_traffic_hears_of_changes_only(network: Network) -> None:
    """A change of verdict, refusal or power is reported once; what changes nothing is not."""
    traffic = Hearing()
    network.carry(traffic)
    network.cut("hq", "north")
    network.cut("hq", "north")
    network.heal("hq", "north")
    network.heal("hq", "north")
    network.set_up("hq", False)
    network.set_up("hq", False)
    network.refuse("north", "hq")
    network.refuse("hq", "north")
    network.heal("hq", "north")
    assert traffic.paths == ["hq-north", "north-hq"] * 4
    assert traffic.hosts == ["hq"]


@pytest.mark.parametrize("one_way", [True, False])
def test_unknown_links_are_refused(network: Network, one_way: bool) -> None:
    """A fault on a link that is not there is an error, not a no-op."""
    with pytest.raises(ValueError, match="no link hq - lone"):
        network.cut("hq", "lone", one_way=one_way)
    with pytest.raises(ValueError, match="no link"):
        network.heal("hq", "lone")


def test_names_addresses_and_links_are_unique(network: Network) -> None:
    """A second host of a name or address, a second link, and a link to nowhere are refused."""
    with pytest.raises(ValueError, match="taken"):
        network.add_host("hq", "10.0.0.9")
    with pytest.raises(ValueError, match="taken"):
        network.add_host("other", "10.0.0.1")
    with pytest.raises(ValueError, match="already"):
        network.add_link("hq", "north", latency_ns=1)
    with pytest.raises(ValueError, match="no host"):
        network.add_link("nowhere", "hq", latency_ns=1)


def test_a_host_without_power_has_nothing_waiting(network: Network) -> None:
    """Its queues, and those of its neighbors towards it, are empty when the power is back."""
    for ends in (("hq", "north"), ("north", "hq")):
        path = network.path(*ends)
        assert path is not None
        assert path.queue.leaves_ns(0, 8_000) == NS_PER_SECOND
        network.set_up("hq", False)
        network.set_up("hq", True)
        assert path.queue.leaves_ns(1, 0) == 1


def test_both_directions_of_a_link_get_another_bandwidth(network: Network) -> None:
    """A link that is not there is refused."""
    network.set_bandwidth("north", "hq", 8)
    for ends in (("hq", "north"), ("north", "hq")):
        path = network.path(*ends)
        assert path is not None
        assert path.queue.leaves_ns(0, 1) == NS_PER_SECOND
    with pytest.raises(ValueError, match="no link hq - lone"):
        network.set_bandwidth("hq", "lone", 8)


def test_a_refusal_is_of_both_directions_until_the_heal(network: Network) -> None:
    """Whichever end is named first; what is sent passes."""
    there, back = network.path("hq", "north"), network.path("north", "hq")
    assert there is not None
    assert back is not None
    network.refuse("north", "hq")
    assert (there.refuses, back.refuses) == (True, True)
    assert passable(network) == (True, True)
    network.heal("hq", "north")
    assert (there.refuses, back.refuses) == (False, False)


def test_a_link_is_asked_only_for_what_it_was_built_for(network: Network) -> None:
    """The refusal says what it can, what it cannot, and the way out; nothing has happened then."""
    network.add_link("lone", "hq", latency_ns=5, abilities=frozenset({Ability.CUT, Ability.LOSS}))
    network.cut("hq", "lone")
    network.set_loss("hq", "lone", 30)
    for fault in (network.drop, network.refuse, network.reset):
        with pytest.raises(LinkUnable, match="built for cut and loss and knows no"):
            fault("hq", "lone")
    with pytest.raises(LinkUnable, match="knows no latency"):
        network.set_latency("hq", "lone", 7)
    with pytest.raises(LinkUnable, match="knows no bandwidth"):
        network.set_bandwidth("hq", "lone", 8)
    with pytest.raises(LinkUnable, match="knows no cut one way"):
        network.cut("hq", "lone", one_way=True)
    network.heal("lone", "hq")
    path = network.path("hq", "lone")
    assert path is not None
    assert (path.passable, path.refuses, path.delay_ns()) == (True, False, 5)
