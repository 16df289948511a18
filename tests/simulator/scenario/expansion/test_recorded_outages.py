"""How things fail by a record of their outages: `reliability: {outages: outages.csv}`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from licensing.policies import DAY_NS, HOUR_NS
from simulator.scenario import (
    ScenarioError,
    components_of,
    load_scenario,
    parse_scenario,
    plain_text,
    warnings_of,
)
from simulator.scenario.components import ComponentKind
from simulator.scenario.reliability import up_in_words

BAD = Path(__file__).parents[1] / "bad_scenarios" / "what-fails-by-name.yaml"
NETWORK = BAD.read_text().partition("reliability:")[0]
START = datetime(2026, 1, 1, tzinfo=UTC)


def rows(what, *hours):
    """An outage every ten days, of so many hours each."""
    begins = [START + timedelta(days=10 * number) for number in range(len(hours))]
    pairs = zip(begins, hours, strict=True)
    return [f"{what},{b.isoformat()},{(b + timedelta(hours=h)).isoformat()}" for b, h in pairs]


MANY = (1, 2, 4, 8, 3, 5, 1, 7, 2, 6)


@pytest.fixture
def written(tmp_path):
    """Writes both files, and tells the scenario's."""

    def write(reliability, *lines):
        (tmp_path / "outages.csv").write_text("\n".join(["what,from,to", *lines]))
        (tmp_path / "net.yaml").write_text(f"{NETWORK}reliability: {{{reliability}}}\n")
        return tmp_path / "net.yaml"

    return write


def test_each_thing_of_the_record_has_its_distributions(written):
    """By its name in any case, or the ends of its link; what has a line of its own keeps it."""
    lines = [*rows("North-Hub", *MANY), *rows("MPLS", *MANY), *rows("lte", *MANY)]
    own = "outages: outages.csv, links: {LTE: {fails: every 9 days, repair: fixed(1 h)}}"
    found = components_of(load_scenario(written(own, *lines)))
    assert [(each.component.kind, each.component.name) for each in found] == [
        (ComponentKind.LINK, "lte"),
        (ComponentKind.LINK, "hub-north"),
        (ComponentKind.CLOUD, "mpls"),
    ]
    assert up_in_words(found[0].up) == "every 9 days"
    assert [each.up.mean_ns / DAY_NS for each in found[1:]] == pytest.approx([9.84] * 2, rel=0.01)
    assert [each.repair.mean_ns / HOUR_NS for each in found[1:]] == pytest.approx([4] * 2, rel=0.1)


def test_the_plain_scenario_needs_no_record(written):
    """Its lines stand in it, and say the same."""
    scenario = load_scenario(written("outages: outages.csv", *rows("mpls", *MANY)))
    assert components_of(parse_scenario(plain_text(scenario))) == components_of(scenario)


def test_what_was_merged_is_told(written):
    """As a warning of `check`, at the line that names the record."""
    twice = rows("mpls", *MANY)
    scenario = load_scenario(written("outages: outages.csv", *twice, twice[0]))
    (warning,) = [each for each in warnings_of(scenario) if "outages.csv" in each.message]
    assert warning.message.endswith("lines 2 and 12: outages of mpls overlap: merged")
    assert warning.place.source.startswith("reliability: {outages")


def test_a_few_outages_fail_as_all_does(written):
    """Where there is such a line; `check` says so."""
    rest = "outages: outages.csv, links: {all: {fails: every 9 days, repair: fixed(1 h)}}"
    scenario = load_scenario(written(rest, *rows("lte", 1, 2)))
    assert {up_in_words(each.up) for each in components_of(scenario)} == {"every 9 days"}
    assert any("it fails as `all` says" in each.message for each in warnings_of(scenario))


@pytest.mark.parametrize(
    ("reliability", "lines", "message"),
    [
        (
            "outages: outages.csv",
            rows("lte", 1, 2),
            r"outages.csv:2:1: lte has 2 outages: .*; give it a line of its own under `links`",
        ),
        ("outages: outages.csv", rows("mlps", *MANY), r"outages.csv:2:1: there is no link, cloud,"),
        ("outages: outages.csv", rows("mlps", *MANY), r"did you mean 'mpls'\?"),
        ("outages: outages.csv", rows("hq-hub", *MANY), "there is no link, cloud, .* 'hq-hub'"),
        ("outages: outages.csv", ["lte,,"], r"(?s)outages.csv:2:5: .* since when.*the other place"),
        ("outages: outges.csv", [], "there is no such file to include; did you mean outages.csv?"),
        ("outages: [outages.csv]", [], "`outages` names one CSV file"),
        ("outages: ../../../../../../../../etc/passwd", [], "is outside of the scenario's folder"),
    ],
)
def test_a_record_that_cannot_be_used(written, reliability, lines, message):
    """With the line of the record, and that of the scenario which names it."""
    with pytest.raises(ScenarioError, match=message) as caught:
        load_scenario(written(reliability, *lines))
    assert "net.yaml" in str(caught.value)
