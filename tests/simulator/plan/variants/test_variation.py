"""`--vary`: which variants an expression makes, and what is said of one that makes none."""

import pytest

from licensing.policies import DAY_NS, HOUR_NS
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.plan.variants.variation import WrongVariation, variants
from simulator.plan.variants.varied_values import values_of
from simulator.scenario import load_scenario, parse_scenario, plain_text
from simulator.scenario.diagnostics import Refused
from simulator.scenario.outages.distributions import Exponential, Lognormal

SITES = load_scenario(DIRECTORY / "thirty-sites-to-plan.yaml")


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("full,recharge,resume", ["full", "recharge", "resume"]),
        ("full, after_stable(3 days)", ["full", "after_stable(3 days)"]),
        ("lognormal(mean 8 h, sigma 2),fixed(8 h)", ["lognormal(mean 8 h, sigma 2)", "fixed(8 h)"]),
        ("4,8,12 h", ["4 h", "8 h", "12 h"]),
        ("90 min,2 h", ["90 min", "2 h"]),
        ("10..30 days", ["10 days", "15 days", "20 days", "25 days", "30 days"]),
        ("10 days..30 days", ["10 days", "15 days", "20 days", "25 days", "30 days"]),
        ("10..30 days by 7", ["10 days", "17 days", "24 days", "30 days"]),
        ("1..3", ["1", "1.5", "2", "2.5", "3"]),
        ("0.25..0.5", ["0.25", "0.3", "0.35", "0.4", "0.45", "0.5"]),
        ("1,2..4 h", ["1 h", "2 h", "2.5 h", "3 h", "3.5 h", "4 h"]),
        ("5,5,5.0 h", ["5 h", "5.0 h"]),
    ],
)
def test_values(written, values):
    """With the unit of the last one, and in round steps."""
    assert values_of(written) == values


@pytest.mark.parametrize("written", ["", "4,,8 h", "30..10 days", "1..1000 by 1", "1..2 by 0"])
def test_no_values(written):
    """Nothing, a hole, a range that falls or never ends."""
    with pytest.raises(Refused):
        values_of(written)


def named(*expressions):
    """The variants of the thirty sites by their names."""
    return {variant.name: variant.scenario for variant in variants(SITES, expressions)}


def test_every_combination_in_order():
    """Of a policy that the file does not say, and of a range."""
    found = named("recovery=full,resume", "failover_period=10..30 days by 10")
    assert [*found] == [
        f"recovery {recovery}, failover_period {days} days"
        for recovery in ("full", "resume")
        for days in (10, 20, 30)
    ]
    last = found["recovery resume, failover_period 20 days"].policies
    assert (last.recovery.policy, last.failover_period) == ("resume", 20 * DAY_NS)


def test_a_parameter_of_a_distribution():
    """The rest of it stays; `every` has a mean, too."""
    (found,) = named("links.north-sylt.repair.mean=4 h").values()
    assert found.reliability.links["north-sylt"].repair == Lognormal(4 * HOUR_NS, 1.5)
    (found,) = named("reliability.links.all.fails.mean=7 days").values()
    assert found.reliability.links["all"].fails == Exponential(7 * DAY_NS)


def test_every_name():
    """All that have the parameter; the others stay."""
    (found,) = named("links.*.repair.sigma=1").values()
    assert {type(each.repair).__name__ for each in found.reliability.links.values()} == {
        "Lognormal",
        "Weibull",
    }
    assert found.reliability.links["hq-first"].repair == Lognormal(6 * HOUR_NS, 1.0)
    assert found.reliability.links["south-passau"] == SITES.reliability.links["south-passau"]


def test_any_number_of_the_file():
    """Under its whole path, from a part on, and in a short form."""
    found = named(
        "links.north-sylt.latency=4,5 ms", "seed=7", "relicensing=3 days", "let.trunk=1 Mbit/s"
    )
    first, second = found.values()
    assert [each.internetwork.links["north-sylt"].latency for each in (first, second)] == [
        4_000_000,
        5_000_000,
    ]
    assert (first.seed, first.relicensing) == (7, 3 * DAY_NS)
    assert first.internetwork.links["north-sylt"].bandwidth == 1_000_000


def test_the_same_value_is_the_same_scenario():
    """Whatever else is written stays, word for word."""
    (found,) = named("links.all.fails=every 60 days").values()
    assert plain_text(found) == plain_text(SITES)
    assert [variant.scenario for variant in variants(SITES, [])] == [SITES]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("recovery", "write PATH=VALUES, such as recovery=full,resume"),
        ("recovry=full", "the file has no 'recovry'; did you mean 'recovery'?"),
        ("recovery=fulll", "'fulll' is no recovery policy"),
        ("failover_period=10", "'10' is not a number with its unit"),
        ("failover_period=10..40 days", "is at most 30 days"),
        ("links=4 h", "links is no single value, but has several"),
        ("links.north-silt.repair.mean=4 h", "has no 'north-silt'"),
        (
            "links.north-kiel.repair=fixed(4 h)",
            "vary links.all.repair, or give it a line",
        ),
        ("links.south-passau.repair.sigma=2", "which has no sigma"),
        ("links.north-sylt.repair.sigma=0", "`sigma` is a number from 0.01 to 5"),
        ("routers.north.fails.mean=5 days", "vary routers.all.fails.mean, or give"),
        ("seed=1..1000 by 1", "has too many steps"),
    ],
)
def test_what_cannot_be_varied(expression, message):
    """And what can, with the expression as it was written."""
    with pytest.raises(WrongVariation) as caught:
        variants(SITES, [expression])
    said, written, *_ = str(caught.value).splitlines()
    assert said.startswith("--vary: ")
    assert message in said
    assert written == f"    {expression}"


@pytest.mark.parametrize(
    ("expression", "word"),
    [
        ("links.north-silt.repair.mean=4 h", "north-silt"),
        ("failover_period=10..20 days,300 days", "300 days"),
        ("links.north-sylt.repair.mean=4,0 h", "0 h"),
        ("links.north-sylt.repair.mean=0,4 h", "0"),
        ("failover_period=10,20..5 days", "20..5 days"),
        ("recovery", "recovery"),
    ],
)
def test_the_word_at_fault_is_marked(expression, word):
    """A key, a value, a value that has its unit from another one; else all of it."""
    with pytest.raises(WrongVariation) as caught:
        variants(SITES, [expression])
    _, written, marks, *_ = str(caught.value).splitlines()
    assert written[marks.index("^") : marks.rindex("^") + 1] == word


def test_a_policy_that_no_order_takes():
    """Where each order says its own, varying the policies would change nothing, and look so."""
    order = "LAC-1: {base: 1, networking: 29, ip: 10, tdm: 145, itsp: 4, s2m: 58}"
    assert order in plain_text(SITES)
    own = order.replace(": {", ": {licenses: {") + ", recovery: full}"
    with pytest.raises(WrongVariation, match=r"vary purchase\.LAC-1\.recovery"):
        variants(parse_scenario(plain_text(SITES).replace(order, own)), ["recovery=full,resume"])


def test_more_variants_than_can_be_compared():
    """A product of three ranges is soon too large."""
    with pytest.raises(WrongVariation, match="these are 216 variants"):
        variants(
            SITES,
            ["links.all.repair.sigma=1..2.5 by 0.3", "seed=1..6", "failover_period=5..30 days"],
        )
