"""How failures and repairs are written, and what they become."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from licensing.policies import DAY_NS, HOUR_NS, NS_PER_SECOND
from simulator.scenario import components_of, parse_scenario, plain_text
from simulator.scenario.components import Component, ComponentKind, Reliability
from simulator.scenario.diagnostics import Refused
from simulator.scenario.outages.distributions import Exponential, Fixed, Lognormal, Weibull
from simulator.scenario.reliability import FailureAndRepair, distribution_in_words, up_in_words
from simulator.scenario.yaml_text import read_text

SMALL = (Path(__file__).parent / "bad_scenarios" / "what-fails-by-name.yaml").read_text()
"""But for its `reliability`, in which everything is wrong."""

WELL = """
reliability:
  links:
    North-HUB: {fails: weibull(mean 60 days, shape 0.5), repair: weibull(mean 1.5 h, shape 0.5)}
  routers: {hub: {fails: every 40000 days, repair: lognormal(mean 8 h, sigma 2)}}
"""

WRITTEN = [
    ("every 60 days", Exponential(60 * DAY_NS)),
    ("exponential(mean 12 days)", Exponential(12 * DAY_NS)),
    ("lognormal(mean 8 h, sigma 2)", Lognormal(8 * HOUR_NS, 2.0)),
    ("weibull(mean 3 days, shape 0.5)", Weibull(3 * DAY_NS, 0.5)),
    ("fixed(1 day)", Fixed(DAY_NS)),
]


@pytest.mark.parametrize(("words", "distribution"), WRITTEN)
def test_a_distribution_is_read_and_written(words, distribution):
    """In the same words; a repair takes no `every`."""
    times = FailureAndRepair(fails=words, repair="fixed(4 h)")
    assert times.fails == distribution
    assert up_in_words(distribution) == words.replace("exponential(mean 12 days)", "every 12 days")


@pytest.mark.parametrize("words", ["lognormal (sigma 2, mean 8h)", "lognormal(sigma 2,mean 8 h)"])
def test_the_order_of_parameters_is_free(words):
    """And so are spaces."""
    assert FailureAndRepair(fails=words, repair=words).repair == Lognormal(8 * HOUR_NS, 2.0)


MEANS_NS = st.integers(NS_PER_SECOND, 9999 * DAY_NS)
NUMBERS = st.floats(0.1, 5)


@given(
    st.one_of(
        st.builds(Exponential, MEANS_NS),
        st.builds(Lognormal, MEANS_NS, NUMBERS),
        st.builds(Weibull, MEANS_NS, NUMBERS),
        st.builds(Fixed, MEANS_NS),
    )
)
def test_whatever_is_written_is_read_as_the_same(distribution):
    """To the nanosecond and to the last digit."""
    words = distribution_in_words(distribution)
    assert distribution == FailureAndRepair(fails="every 1 day", repair=words).repair


@given(
    st.text("every fixdlognrma(), 0123456789.-+eE\x00\n²"),
    st.sampled_from(["", "lognormal(mean 8 h, "]),
)
def test_whatever_is_written_is_read_or_refused(words, before):
    """Never another error than ours."""
    try:
        FailureAndRepair(fails="every 1 day", repair=before + words)
    except ValidationError as error:
        (details,) = error.errors()
        assert isinstance(details["ctx"]["error"], Refused)


def test_components_have_the_names_of_the_internetwork():
    """A link may be called by its ends in any order, and all names in any case."""
    scenario = parse_scenario(SMALL.partition("reliability:")[0] + WELL)
    assert components_of(scenario) == [
        Reliability(
            Component(ComponentKind.LINK, "hub-north"),
            Weibull(60 * DAY_NS, 0.5),
            Weibull(5400 * NS_PER_SECOND, 0.5),
        ),
        Reliability(
            Component(ComponentKind.ROUTER, "hub"),
            Exponential(40000 * DAY_NS),
            Lognormal(8 * HOUR_NS, 2.0),
        ),
    ]


def test_all_is_each_of_its_kind_that_has_no_line_of_its_own():
    """In the order of the internetwork."""
    rest = "reliability: {hosts: {all: {fails: every 1 day, repair: fixed(1 h)}, HQ: %s}}"
    own = "{fails: every 2 days, repair: fixed(1 h)}"
    scenario = parse_scenario(SMALL.partition("reliability:")[0] + rest % own)
    assert [(each.component.name, each.up) for each in components_of(scenario)] == [
        ("hq", Exponential(2 * DAY_NS)),
        ("north", Exponential(DAY_NS)),
    ]


def test_the_plain_text_of_failures_is_read_as_the_same():
    """A comma within parentheses ends no text in braces; the plain text has quotation marks."""
    scenario = parse_scenario(SMALL.partition("reliability:")[0] + WELL + "relicensing: 2 days\n")
    again = parse_scenario(plain_text(scenario))
    assert scenario.model_dump() == again.model_dump()
    assert again.relicensing == 2 * DAY_NS


def test_an_empty_key_after_a_parenthesis_stays_a_key():
    """Only what closes the parenthesis belongs to the text before it."""
    assert read_text("{title: (1, sigma: , sigma 2)}", "").data == {
        "title": "(1",
        "sigma": None,
        "sigma 2)": None,
    }
