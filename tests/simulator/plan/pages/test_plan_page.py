"""The page of a plan: all of it in one file, and no text of a scenario becomes markup."""

from html.parser import HTMLParser

import plan_tables as made_up
import pytest
from msgspec.structs import replace

from simulator.plan.pages.comparison_page import comparison_page
from simulator.plan.pages.plan_page import Plan, RiskGrid, plan_page
from simulator.plan.risk.risk_table import CauseShare, Estimate
from simulator.report.pages.run_page import Provenance

FROM = Provenance("1.2.3", "internetsim plan risk net.yaml --seed 7")
HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>\x1b]0;\x07\u202e"
GRID = RiskGrid(
    ("as in the file", "sigma 2"),
    ("10 days", "30 days"),
    ((Estimate(0.2, 0.1, 0.3), Estimate(0.02, 0.01, 0.03)),) * 2,
    (0, 1),
)


class Reader(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it; nothing is fetched, and what scrolls is reached by keyboard, by its heading."""
        self.tags.append(tag)
        said = dict(attrs)
        assert not {"src", "href"} & said.keys()
        if "scroll" in (said.get("class") or "").split():
            assert {"tabindex", "aria-labelledby"} <= said.keys()

    def handle_data(self, data: str) -> None:
        """Keep what is read."""
        self.text += " ".join(data.split()) + " "


def page(title: str = "Three sites", cause: str = "one long repair of link hq-north") -> Reader:
    """The page of what is made up."""
    loaded = made_up.scenario().model_copy(update={"title": title})
    table = made_up.table()
    any_site = replace(table.any, causes=(CauseShare(cause, 0.94),))
    plan = Plan(
        loaded,
        made_up.network(loaded),
        replace(table, any=any_site),
        {"full": table.any.by_day, "resume": table.any.by_day},
        GRID,
        made_up.bad_year(),
    )
    return Reader(plan_page(plan, FROM))


def test_the_page_has_all_that_a_planner_asks() -> None:
    """How likely, where, when, why, what if, one bad year, what fails and what is assumed."""
    text = page().text
    for said in (
        "18.4 %", "18.0 to 18.8 %, with 95 % confidence", "Where the risk is", "under 0.0369 %",
        "When: a first emergency", "resume", "one long repair of link hq-north", "94.0 %",
        "sigma 2", "A bad year: number 17", "lognormal(mean 8 h, sigma 2)", "What is assumed",
        "10,000 years were drawn from seed 1", "1 day after the central CLA requires it",
        "internetsim plan risk net.yaml --seed 7",
    ):  # fmt: skip
        assert said in text, said


def test_no_text_of_a_scenario_becomes_markup() -> None:
    """Neither its title nor the name of what failed."""
    hostile = page(HOSTILE, HOSTILE)
    assert not {"script", "img"} & {*hostile.tags}
    assert "<script>alert(1)</script>" in hostile.text
    assert "\x1b" not in hostile.text
    assert "\u202e" not in hostile.text


def test_without_a_bad_year_and_other_terms_the_page_tells_the_rest() -> None:
    """What was not asked has no heading."""
    loaded = made_up.scenario()
    unseen = made_up.table(Estimate(0.0, 0.0, 0.000369))
    text = Reader(
        plan_page(Plan(loaded, made_up.network(loaded), unseen, {}, None, None), FROM)
    ).text
    assert "no emergency in 10,000 years" in text
    assert "A bad year" not in text
    assert "When:" not in text


def test_the_page_of_a_comparison_has_every_variant() -> None:
    """Its chance, how far it is from the first one, and its sites where one saw an emergency."""
    comparison = made_up.comparison("full", "same", HOSTILE)
    compared = Reader(comparison_page("Three sites", comparison, FROM))
    for said in ("3 variants on the same outages", "+2.00 %", "1.50 to 2.50 %", "south", "0.41"):
        assert said in compared.text, said
    assert not {"script", "img"} & {*compared.tags}


@pytest.mark.parametrize("unseen", [{0}, {0, 1, 2}])
def test_a_variant_without_an_emergency_has_no_curve(unseen: set[int]) -> None:
    """Its chance is in the table; where none has one there is nothing to draw, and it says so."""
    comparison = made_up.comparison("full", "resume", "recharge")
    variants = [
        replace(each, by_day=()) if number in unseen else each
        for number, each in enumerate(comparison.variants)
    ]
    compared = Reader(comparison_page("Sites", replace(comparison, variants=variants), FROM))
    said = {1: "1 more variant is in the table", 3: "No variant has shown an emergency"}
    assert said[len(unseen)] in compared.text
    assert "recharge" in compared.text
