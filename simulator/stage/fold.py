"""The fold: a reader of the journal that keeps what everybody sees of the run in a recording.

Keys are `("site", NAME)`, `("link", NAME)` for links, routers and clouds, `("license", CLA, KEY)`,
`("refused", NODE)` with what is demanded there and not licensed, `("over-use", KEY)`, `("step",
NUMBER)`, and `("last-step",)` with the number of the one that was played last. Values are in
`values`.
"""

from collections import Counter

from msgspec.structs import replace

from licensing import events
from licensing.catalogue import SUBSCRIBER_TYPES, charged
from licensing.entitlements import seats_in_force
from licensing.events import Entry
from licensing.policies import HOUR_NS
from licensing.words import LicenseState
from simulator.oracle import Oracle
from simulator.report.account.agents import Agents
from simulator.report.account.conditions import HostCondition, LinkCondition
from simulator.report.account.seats import SeatBooks
from simulator.report.account.states import LinkState, SiteState
from simulator.report.account.used_books import UsedSeatBooks
from simulator.report.node_states import NodeStates
from simulator.report.sentences import sentence
from simulator.stage.recording import Recording, RecordingKey
from simulator.stage.step_numbers import StepNumbers
from simulator.stage.values import LicenseNow, LinkNow, SiteNow, StepNow


class Fold:
    """Reads entries after the `oracle`, which knows of each node how long its period lasts.

    `numbers` knows which step of the scenario is played.
    """

    def __init__(self, oracle: Oracle, numbers: StepNumbers) -> None:
        self._oracle = oracle
        self._numbers = numbers
        self.recording: Recording[object] = Recording()
        self._states = NodeStates()
        self._hosts: dict[str, HostCondition] = {}
        self._links: dict[str, LinkCondition] = {}
        self._types: dict[str, dict[str, str]] = {}
        self._demanded: dict[str, dict[tuple[str, str], int]] = {}
        self._saved: dict[tuple[str, int], dict[tuple[str, str], int]] = {}
        self._agents = Agents()
        self._books = UsedSeatBooks()
        self._changed: list[tuple[int, RecordingKey, object]] = []

    def __call__(self, entry: Entry) -> list[tuple[int, RecordingKey, object]]:
        """Read the next entry of the journal; returns what has changed, and when."""
        self._changed = []
        self._agents(entry)
        self._note_books(entry)
        if isinstance(entry.fact, events.RunBegan):
            self._begin(entry.at, entry.fact)
        elif entry.host in self._hosts:
            self._note_site(entry)
            self._note_demands(entry)
        else:
            self._note_link(entry)
            self._note_step(entry)
        return self._changed

    def _set(self, at_ns: int, key: RecordingKey, value: object) -> None:
        if self.recording.now.get(key) != value:
            self.recording.change(at_ns, key, value)
            self._changed.append((at_ns, key, value))

    def _begin(self, at_ns: int, began: events.RunBegan) -> None:
        self._types = {name: dict(node.subscribers) for name, node in began.nodes.items()}
        self._hosts = {name: HostCondition() for name in began.nodes}
        for name in began.nodes:
            self._set(at_ns, ("site", name), SiteNow(name, telephones=self._telephones(name)))
        for name in (*began.network.links, *began.network.routers, *began.network.clouds):
            self._set(at_ns, ("link", name), LinkNow())

    # Sites.

    def _note_site(self, entry: Entry) -> None:
        name, at_ns = entry.host, entry.at
        host, key = self._hosts[name], ("site", name)
        site = self.recording.now[key]
        assert isinstance(site, SiteNow)
        if status := self._states(entry):
            host.status = status
        host.noted(entry.fact)
        agent = self._agents.of(name)
        site = replace(self._told(site, entry), agent=agent, state=host.state)
        if site.state in (SiteState.OFF, SiteState.FROZEN):
            site = replace(site, is_connected=site.is_connected and host.is_frozen)
        self._set(at_ns, key, self._with_period(name, site))

    def _told(self, site: SiteNow, entry: Entry) -> SiteNow:
        match entry.fact:
            case events.ConnectionEstablished() | events.HeartbeatAnswered():
                site = replace(site, is_connected=True)
            case events.ConnectionLost() | events.ConnectionRefused() | events.HostStarted():
                site = replace(site, is_connected=False)
            case events.DisplaysChanged(displays=texts):
                shown = {**site.lit, **texts}
                site = replace(site, lit={number: text for number, text in shown.items() if text})
            case events.HostCrashed() | events.HostStopped():
                site = replace(site, is_connected=False, lit={})
            case events.CallAnswered() as call:
                site = replace(site, call=sentence(call))
            case events.RelicensingRequired():
                site = replace(site, must_relicense=True)
            case events.LicenseFileAccepted():
                site = replace(site, must_relicense=False)
            case events.SubscriberChanged(number=number, after=after):
                self._types[entry.host].pop(number, None)
                if after:
                    self._types[entry.host][number] = after
                site = replace(site, telephones=self._telephones(entry.host))
        return site

    def subscribers(self, name: str) -> list[str]:
        """The call numbers of a node, as it is now."""
        return list(self._types[name])

    def _telephones(self, name: str) -> tuple[str, ...]:
        """The system telephones, which have a display."""
        types = self._types[name]
        return tuple(n for n, kind in types.items() if SUBSCRIBER_TYPES[kind].system_telephone)

    def _with_period(self, name: str, site: SiteNow) -> SiteNow:
        """What is used up is kept to the hour: the rest is no news."""
        period_ns, used_ns = self._oracle.period_ns(name) or (None, 0)
        used_ns -= used_ns % HOUR_NS
        ends_ns = self._oracle.deadline_ns(name)
        return replace(site, ends_ns=ends_ns, period_ns=period_ns, used_ns=used_ns)

    # Licenses.

    def _note_demands(self, entry: Entry) -> None:
        """What is red at a node: demanded, and not granted. It stands on the disk of its host."""
        demanded = self._demanded.setdefault(entry.host, {})
        match entry.fact:
            case events.AssignmentsChanged(changes=changes):
                for change in changes:
                    missing = change.quantity - change.granted
                    if change.after is LicenseState.NOT_LICENSED and missing > 0:
                        demanded[change.holder, change.license] = missing
                    else:
                        demanded.pop((change.holder, change.license), None)
            case events.DiskSaved():
                self._saved[entry.host, entry.at] = dict(demanded)
                return
            case events.DiskReplaced(saved_ns=saved_ns):
                at_ns = -1 if saved_ns is None else saved_ns
                demanded = dict(self._saved.get((entry.host, at_ns), {}))
                self._demanded[entry.host] = demanded
            case _:
                return
        totals: Counter[str] = Counter()
        for (_, key), missing in demanded.items():
            totals[key] += missing
        self._set(entry.at, ("refused", entry.host), dict(totals))

    def _note_books(self, entry: Entry) -> None:
        for at_ns, host, books, keys in self._books(entry):
            for license_key in sorted(keys):
                key = ("license", host, license_key)
                now = _license(books, license_key, at_ns)
                if now != LicenseNow() or key in self.recording.now:
                    self._set(at_ns, key, now)

    # The world.

    def _note_link(self, entry: Entry) -> None:
        match entry.fact:
            case events.TransitFailed(name=name):
                self._set(entry.at, ("link", name), LinkNow(LinkState.CUT))
            case events.TransitRepaired(name=name):
                self._set(entry.at, ("link", name), LinkNow())
            case events.OverUseChanged(license=license_key, excess=excess):
                self._set(entry.at, ("over-use", license_key), excess)
        key = ("link", getattr(entry.fact, "link", ""))
        before = self.recording.now.get(key)
        if not isinstance(before, LinkNow):
            return
        link = self._links.setdefault(key[1], LinkCondition())
        link.noted(entry.fact)
        latency_ns = getattr(entry.fact, "latency_ns", before.latency_ns)
        bandwidth_bit_s = getattr(entry.fact, "bandwidth_bit_s", before.bandwidth_bit_s)
        cut = tuple(sorted(link.cut))
        now = LinkNow(
            link.state, cut, link.drops, link.refuses, link.loss_percent, latency_ns,
            bandwidth_bit_s,
        )  # fmt: skip
        self._set(entry.at, key, now)

    def _note_step(self, entry: Entry) -> None:
        number = self._numbers.of(entry.fact)
        if number is None:
            return
        match entry.fact:
            case events.StepBegan():
                came = StepNow("done")
            case events.ExpectationMet():
                came = StepNow("met")
            case events.ExpectationFailed(got=got):
                came = StepNow("failed", got)
            case events.StepRefused(text=text):
                came = StepNow("refused", text)
            case _:
                return
        self._set(entry.at, ("step", str(number)), came)
        self._set(entry.at, ("last-step",), number)


def _license(books: SeatBooks, key: str, at_ns: int) -> LicenseNow:
    held = {node: seats[key] for node, seats in books.held.items() if seats.get(key)}
    count, beyond = books.count(key, at_ns), _beyond_its_own(books, key, at_ns)
    return LicenseNow(
        count.bought,
        count.free,
        {node: number for node, number in held.items() if node in books.connected},
        {node: number for node, number in held.items() if node not in books.connected},
        max(0, beyond),
        max(0, -beyond),
    )


def _beyond_its_own(books: SeatBooks, key: str, at_ns: int) -> int:
    """How many more seats of a license are charged than are used; fewer, where others stand in."""
    if books.file is None or not books.file.flexible:
        return 0
    bought = seats_in_force(books.entitlements, books.date_ns(at_ns))
    return charged(books.used, bought, flexible=True).get(key, 0) - books.used[key]
