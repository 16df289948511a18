"""What a person reads of a live run before it starts."""

from live_scenarios import short_outage
from msgspec.structs import replace

from simulator.cli.live_rows import preview_rows
from simulator.live.backend import Unavailable
from simulator.live.backends import Choice
from simulator.live.preview import Preview, Wishes
from simulator.live.proxy import ProxyBackend

NO_OVERSHOOT_S = 0.0


def preview(rate: float | None = None) -> Preview:
    """Of the short outage, on local relays."""
    wishes = Wishes(rate=rate, network="proxy", tls=True)
    return Preview.of(short_outage(), wishes, NO_OVERSHOOT_S)


def told(previewed: Preview) -> list[str]:
    """The rows as text."""
    return [row.text for row in preview_rows(previewed)]


def test_a_network_that_was_asked_for() -> None:
    """Its name, and in which respects it is not as a real cable."""
    network, *caveats = told(preview())[: 1 + len(ProxyBackend.caveats)]
    assert network == "network: proxy; as asked for"
    assert caveats == [f"  {caveat}" for caveat in ProxyBackend.caveats]


def test_a_network_that_is_the_second_best() -> None:
    """With the reason why the best is not taken."""
    passed_over = {"namespaces": Unavailable("network namespaces need root")}
    second_best = replace(preview(), choice=Choice(ProxyBackend, False, passed_over))
    assert told(second_best)[0] == "network: proxy; not namespaces: network namespaces need root"


def test_a_pace_that_changes() -> None:
    """How fast, how slow, how long, and how exact at either."""
    *_, pace, _, tolerance = told(preview())
    assert "as fast as life where nothing happens, down to" in pace
    assert " around steps and deadlines; about " in pace
    assert tolerance.startswith("tolerance: 0.25 s of real time, in simulated time ")
    assert tolerance.endswith(" by the pace")


def test_a_rate_that_is_too_fast_for_a_place() -> None:
    """It is kept, as it was asked for, and the place is named."""
    *_, pace, why, _, warning = told(preview(rate=600))
    assert pace.startswith("pace: 600 times as fast as life; about ")
    assert why == "  as asked for"
    assert "that is only sure at a rate of" in warning
