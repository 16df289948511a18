"""What the page shows of one instant, as plain values and words; the past as the present.

Everything here follows from the recording, the instant, and what the scenario says.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from licensing.policies import NS_PER_SECOND
from licensing.wall_time import date_after
from licensing.words import Role, counted
from nodes.wbm.words import span
from runtime.pages.rendering import instant
from simulator.report.account.states import LinkState, SiteState
from simulator.report.pages.time_rows import WORDS
from simulator.scenario import Scenario, bandwidth_in_words, duration_in_words
from simulator.stage.recording import RecordingKey
from simulator.stage.values import LinkNow, SiteNow

StageState = Mapping[RecordingKey, object]

_WHOLE = 1000
_TONES = {
    SiteState.REGULAR: "good",
    SiteState.FAILOVER: "open",
    SiteState.EMERGENCY: "bad",
    SiteState.RESTRICTED: "bad",
}


class SiteView(msgspec.Struct, frozen=True):
    """A node. `left` is what is left of its failover period, in thousandths of the whole."""

    name: str
    role: Role
    model: str
    state: SiteState
    word: str
    tone: str
    left: int
    ends: str
    rest: str
    is_connected: bool
    displays: tuple[tuple[str, str], ...]
    lit: int
    call: str
    must_relicense: bool


class LinkView(msgspec.Struct, frozen=True):
    """A link, router or cloud; `faults` says in words what is wrong with it."""

    name: str
    ends: tuple[str, ...]
    kind: str
    state: str
    faults: str
    now: LinkNow


def site_view(scenario: Scenario, state: StageState, name: str, at_ns: int) -> SiteView:
    """A node at an instant."""
    site, node = state.get(("site", name)), scenario.internetwork.nodes[name]
    site = site if isinstance(site, SiteNow) else SiteNow()
    is_off = site.state is SiteState.OFF
    rest_s = None if site.ends_ns is None else max(0, site.ends_ns - at_ns) // NS_PER_SECOND
    ends = "" if site.ends_ns is None else instant(date_after(scenario.start, site.ends_ns))
    return SiteView(
        name=name,
        role=node.role,
        model=node.model,
        state=site.state,
        word=WORDS[site.state],
        tone=_TONES.get(site.state, "gone"),
        left=_left(site, at_ns),
        ends=ends,
        rest="" if rest_s is None else span(rest_s),
        is_connected=site.is_connected,
        displays=() if is_off else tuple((n, site.lit.get(n, "")) for n in site.telephones),
        lit=len(site.lit),
        call=site.call,
        must_relicense=site.must_relicense,
    )


def _left(site: SiteNow, at_ns: int) -> int:
    """Thousandths of the period; nothing before the first lease, and in emergency mode."""
    if site.period_ns is None or site.state in (SiteState.EMERGENCY, SiteState.RESTRICTED):
        return 0
    left_ns = site.period_ns - site.used_ns
    if site.ends_ns is not None:
        left_ns = min(site.period_ns, max(0, site.ends_ns - at_ns))
    return -(-left_ns * _WHOLE // site.period_ns)


def link_view(scenario: Scenario, state: StageState, name: str) -> LinkView:
    """A link, router or cloud at an instant."""
    internetwork = scenario.internetwork
    link = state.get(("link", name))
    link = link if isinstance(link, LinkNow) else LinkNow()
    declared = internetwork.links.get(name)
    if declared is None:
        kind = "cloud" if name in internetwork.clouds else "router"
        word = "failed" if link.state is LinkState.CUT else ""
        return LinkView(name, (), kind, link.state.name.lower(), word, link)
    impaired = link.latency_ns not in (None, declared.latency) or (
        link.bandwidth_bit_s not in (None, declared.bandwidth)
    )
    shown = LinkState.IMPAIRED if impaired and link.state is LinkState.UP else link.state
    faults = ", ".join(_faults(link, declared.latency, declared.bandwidth))
    return LinkView(name, tuple(declared.ends), "link", shown.name.lower(), faults, link)


def _faults(link: LinkNow, latency_ns: int, bandwidth_bit_s: int | None) -> Iterator[str]:
    if len(link.cut) > 1:
        yield "cut"
    elif link.cut:
        yield f"cut from {link.cut[0].replace('->', ' to ')}"
    if link.drops:
        yield "loses everything"
    if link.refuses:
        yield "refuses new connections"
    if link.loss_percent:
        yield f"loses {link.loss_percent} %"
    if link.latency_ns not in (None, latency_ns) and link.latency_ns is not None:
        yield f"latency {duration_in_words(link.latency_ns)}"
    if link.bandwidth_bit_s not in (None, bandwidth_bit_s) and link.bandwidth_bit_s is not None:
        yield f"bandwidth {bandwidth_in_words(link.bandwidth_bit_s)}"


def is_undisturbed(state: StageState) -> bool:
    """Whether every node that has a license is regular and connected, and nothing is faulty."""
    sites = (site for site in state.values() if isinstance(site, SiteNow))
    links = (link for link in state.values() if isinstance(link, LinkNow))
    return all(map(_is_well, sites)) and all(link.state is LinkState.UP for link in links)


def _is_well(site: SiteNow) -> bool:
    if site.state is SiteState.REGULAR:
        return site.is_connected
    return site.state is SiteState.ACTIVATION_PERIOD


def census(sites: Mapping[str, SiteView]) -> list[tuple[str, str, int]]:
    """Tone, word and number of the states that there are, the most frequent first."""
    words: dict[tuple[str, str], int] = {}
    for site in sites.values():
        words[site.tone, site.word] = words.get((site.tone, site.word), 0) + 1
    return sorted(
        ((tone, word, number) for (tone, word), number in words.items()), key=lambda e: -e[2]
    )


class SiteGroup(msgspec.Struct, frozen=True):
    """Sites in one state; `rest` is what is left to `first`, whose period ends first."""

    tone: str
    word: str
    sites: tuple[str, ...]
    first: str
    rest: str


def site_groups(sites: Iterable[SiteView]) -> list[SiteGroup]:
    """Sites by their state, in the order in which the states are found."""
    found: dict[str, list[SiteView]] = {}
    for site in sites:
        found.setdefault(site.word, []).append(site)
    groups = []
    for word, those in found.items():
        first = min(those, key=lambda site: site.left)
        names = tuple(site.name for site in those)
        groups.append(SiteGroup(first.tone, word, names, first.name, first.rest))
    return groups


def displays_in_one_line(site: SiteView) -> str:
    """`10 telephones show "Failover Period"`, "" where all show their idle display."""
    texts = dict.fromkeys(text for _, text in site.displays if text)
    return f"{counted(site.lit, 'telephone')} show {', '.join(texts)}" if site.lit else ""
