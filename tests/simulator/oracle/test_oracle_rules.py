"""O3 to O6 and O9: displays, relicensing, traffic, features and prerequisites."""

import msgspec
import pytest
from oracle_stories import MESSAGE, PERIOD_NS, Story, cut_off

from licensing.events import (
    CallReleased,
    ConnectionOpened,
    DiskReplaced,
    DiskSaved,
    DisplaysChanged,
    Event,
    HardwareReplaced,
    LeaseInstalled,
    LeaseSigned,
    NodeKeyChanged,
    ProgramRestarted,
    ProgramStarted,
    RelicensingRequired,
    SessionOpened,
    StateChanged,
    StateDamaged,
    SubscriberChanged,
    WizardCompleted,
)
from licensing.policies import DAY_NS, MINUTE_NS
from licensing.words import Condition, LicenseState, NodeState, Role, Trigger
from simulator.oracle import Violation

REGULAR, FAILOVER, EMERGENCY = NodeState.REGULAR, NodeState.FAILOVER, NodeState.EMERGENCY
RESTRICTED = NodeState.RESTRICTED
DEADLINE_NS = 3 * DAY_NS + 7 * MINUTE_NS + PERIOD_NS


def in_emergency(node: str = "north") -> Story:
    """A node's period ended, and a week has passed."""
    story = cut_off(node).at(DEADLINE_NS + 1)
    story.expire(node)
    return story.at(40 * DAY_NS)


# O3


def shown(story: Story, **displays: str) -> None:
    """North states displays, and the instant is over."""
    story.tell("north", DisplaysChanged(displays=displays)).end()


def lose_without_displays() -> Story:
    """Failover begins, and nothing is said of the telephones yet."""
    story = Story().license("north").break_off("north")
    lost = StateChanged(before=REGULAR, after=FAILOVER, cause=Trigger.LOST, charged_ns=0)
    return story.tell("north", lost)


def test_o3_displays_follow_the_status_within_the_instant() -> None:
    """Every system telephone, and the others have no display."""
    shown(lose_without_displays(), **{"200": MESSAGE, "201": MESSAGE})


@pytest.mark.parametrize(
    "displays",
    [
        {},
        {"200": MESSAGE},
        {"200": MESSAGE, "201": "failover period"},
        {"200": MESSAGE, "201": MESSAGE, "209": MESSAGE},
        {"200": MESSAGE, "201": MESSAGE, "999": MESSAGE},
    ],
)
def test_o3_other_displays_during_failover(displays: dict[str, str]) -> None:
    """None, one missing, another text, an analog telephone, a stranger."""
    with pytest.raises(Violation, match=r"O3.*by north"):
        shown(lose_without_displays(), **displays)


def test_o3_a_message_without_failover() -> None:
    """Neither before it nor after it."""
    with pytest.raises(Violation, match=r"O3.*\n.*\n.*200 .up0. shows 'Failover Period' while"):
        shown(Story().license("north"), **{"200": MESSAGE})
    story = cut_off().at(10 * DAY_NS)
    story.welcome("north")
    story.tell("north", StateChanged(before=FAILOVER, after=REGULAR, cause="", charged_ns=0))
    with pytest.raises(Violation, match="O3"):
        story.end()


def test_o3_after_a_restart_the_displays_are_stated_anew() -> None:
    """A telephone system that was off shows nothing until it says so."""
    started = ProgramStarted(program="node")
    story = cut_off().crash("north").start("north")
    story.show("north", MESSAGE)
    story.tell("north", started).at(story.now + 1).crash("north").start("north")
    with pytest.raises(Violation, match=r"O3.*\n.*\n.*shows 'nothing' while north is failover"):
        story.tell("north", started).end()


def test_o3_a_dark_telephone_is_not_judged() -> None:
    """The power fails at the instant at which failover begins."""
    lose_without_displays().crash("north").end()


# O4


def relicense(epoch: int, *, newest: int | None = None) -> None:
    """Emergency mode ends with a lease of `epoch`; `newest` is that of the file, if another."""
    story = in_emergency()
    story.accept({"networking": 2}, epoch=newest or epoch)
    story.welcome("north")
    story.change("north", EMERGENCY, REGULAR, Trigger.LEASED_ANEW)
    story.lease("north", epoch=epoch)
    story.end()


def test_o4_a_newer_epoch_ends_emergency_mode() -> None:
    """F4."""
    relicense(2)


def test_o4_reconnecting_alone_does_not() -> None:
    """A lease of the epoch that the node had is not enough."""
    with pytest.raises(Violation, match=r"O4.*\n.*newer than epoch 1\n.*epoch 1"):
        relicense(1)


@pytest.mark.parametrize(("epoch", "newest"), [(2, 1), (3, 2), (2, 3)])
def test_o4_an_epoch_comes_with_a_license_file(epoch: int, newest: int) -> None:
    """No lease ends emergency mode by an epoch of which the CLA has no file, or none any more."""
    relicense(newest + 1)
    expected = rf"O4.*by hq.*\n.*for north of epoch {newest}, .*\n.*one of epoch {epoch}"
    with pytest.raises(Violation, match=expected):
        relicense(epoch, newest=newest)


def test_o4_restricted_is_no_way_out_either() -> None:
    """Unless the stored state is damaged, which is stated."""
    with pytest.raises(Violation, match="O4"):
        in_emergency().change("north", EMERGENCY, RESTRICTED, Trigger.FILE_ENDED)
    story = in_emergency()
    story.replace_hardware("north", "node.db is of another computer")
    assert story.oracle.state_of("north") is RESTRICTED
    story.change("north", RESTRICTED, REGULAR, Trigger.LEASED)


def exchanged(story: Story, how: Event) -> Story:
    """North's disk is lost, or its mainboard is another one; it is made known again."""
    story.crash("north").tell("north", how)
    if isinstance(how, HardwareReplaced):
        story.tell("north", StateDamaged(record="node.db is of another computer"))
    return story.start("north")


def regular_again(story: Story, before: NodeState) -> None:
    """It comes to its CLA, and has a lease of the epoch that it had."""
    licensed = SessionOpened(node="north", condition=Condition.LICENSED, superseded=False)
    story.tell("hq", licensed).welcome("north")
    story.change("north", before, REGULAR, Trigger.LEASED)
    story.lease("north", epoch=1)
    story.end()


EXCHANGES = [
    (DiskReplaced(), NodeState.ACTIVATION_PERIOD),
    (HardwareReplaced(locking_id="other"), RESTRICTED),
]


@pytest.mark.parametrize(("how", "state"), EXCHANGES)
def test_o4_an_exchange_ends_no_emergency_mode_that_the_cla_knows_of(
    how: Event, state: NodeState
) -> None:
    """F4, F6: it applies that by its own count; a new key of destroyed hardware has the same."""
    story = in_emergency()
    story.tell("hq", RelicensingRequired(node="north", reported_by_node=False))
    exchanged(story, how)
    story.tell("hq", NodeKeyChanged(node="north", destroyed=True, seats={}))
    with pytest.raises(Violation, match=r"O4.*north.*\n.*newer than epoch 1"):
        regular_again(story, state)


@pytest.mark.parametrize(("how", "state"), EXCHANGES)
def test_o4_what_neither_the_node_nor_its_cla_can_know_ends_with_the_exchange(
    how: Event, state: NodeState
) -> None:
    """The CLA has not counted the end yet, and the disk that knew of it is gone."""
    regular_again(exchanged(in_emergency(), how), state)


def test_o4_what_the_cla_knew_alone_is_lost_with_its_disk() -> None:
    """A backup from before is put back there; the disk of the node is an empty one since."""
    story = in_emergency().tell("hq", DiskSaved())
    story.at(story.now + 1)
    story.tell("hq", RelicensingRequired(node="north", reported_by_node=False))
    exchanged(story, DiskReplaced()).crash("hq")
    story.tell("hq", DiskReplaced(saved_ns=40 * DAY_NS)).start("hq")
    regular_again(story, NodeState.ACTIVATION_PERIOD)


def test_o4_what_a_cla_has_counted_stands_in_no_backup_of_a_node() -> None:
    """It is saved while the CLA alone knows of an end, and put back after relicensing."""
    story = in_emergency()
    story.tell("hq", RelicensingRequired(node="north", reported_by_node=False))
    saved_ns = exchanged(story, DiskReplaced()).tell("north", DiskSaved()).now
    story.at(saved_ns + 1).accept({"networking": 2}, epoch=2)
    story.welcome("north")
    story.change("north", NodeState.ACTIVATION_PERIOD, REGULAR, Trigger.LEASED_ANEW)
    story.lease("north", epoch=2)
    story.at(saved_ns + 2)
    for host, at_ns in (("north", saved_ns), ("hq", None)):
        story.crash(host).tell(host, DiskReplaced(saved_ns=at_ns)).start(host)
    story.end()


def test_o4_a_lease_is_of_the_cla_that_has_signed_it_whenever_it_comes() -> None:
    """The node stood still meanwhile; on an empty disk its CLA is another one (decision 1)."""
    story = cut_off()
    story.accept({"networking": 2}, epoch=2)
    signed = {"lease_id": "north/2", "seq": 9, "epoch": 2, "seats": {}}
    story.tell("hq", LeaseSigned(node="north", **signed))
    story.crash("hq").tell("hq", DiskReplaced(saved_ns=None)).start("hq")
    story.tell("north", LeaseInstalled(**signed))
    story.at(DEADLINE_NS + 1).expire("north")
    story.change("north", EMERGENCY, RESTRICTED, Trigger.LEFT)
    story.tell("north", WizardCompleted(role=Role.SLAVE, master_address="hq"))
    story.accept({"networking": 2}, epoch=2)
    story.welcome("north")
    story.change("north", RESTRICTED, REGULAR, Trigger.LEASED_ANEW)
    story.lease("north", epoch=2)
    story.end()


def test_o4_other_hardware_under_the_same_name_has_a_period_of_its_own() -> None:
    """F16: the former key is in emergency mode, wherever it is, and not the new one."""
    story = in_emergency()
    story.tell("hq", RelicensingRequired(node="north", reported_by_node=False))
    exchanged(story, DiskReplaced())
    story.tell("hq", NodeKeyChanged(node="north", destroyed=False, seats={}, former="n (...)"))
    regular_again(story, NodeState.ACTIVATION_PERIOD)


# O5


def test_o5_only_the_master_talks_to_the_license_server() -> None:
    """Other connections are free."""
    story = Story().tell("hq", ConnectionOpened(to="internet", port=7790))
    story.tell("north", ConnectionOpened(to="hq", port=61740))
    story.tell("internet", ConnectionOpened(to="internet", port=7790))
    with pytest.raises(Violation, match=r"O5.*by north.*\n.*from a slave\n.*port 7790"):
        story.tell("north", ConnectionOpened(to="internet", port=7790))


# O6


@pytest.mark.parametrize("make", [lambda: Story().license("north"), cut_off, in_emergency])
@pytest.mark.parametrize(
    ("outcome", "reason"), [("refused", "emergency-mode"), ("no route", "no-trunk")]
)
def test_o6_an_emergency_call_gets_out(make: object, outcome: str, reason: str) -> None:
    """In every status, for no license and no state is it refused."""
    story: Story = make()  # type: ignore[operator]
    story.call("north", "200", "112", "connected")
    for dialed in ("112", "0112", "00110"):
        with pytest.raises(Violation, match=r"O6.*\n.*an emergency call that gets out"):
            story.call("north", "200", dialed, outcome, reason)


CHANNELS = 10
"""Of north's trunk."""


def with_calls(emergency: int, ordinary: int = 0) -> Story:
    """So many of north's calls are in progress."""
    story = Story().license("north")
    for _ in range(emergency):
        story.call("north", "200", "112", "connected")
    for _ in range(ordinary):
        story.call("north", "201", "0891234567", "connected")
    return story


def is_busy(story: Story) -> None:
    """One more emergency call finds no channel."""
    story.call("north", "209", "110", "refused", "all-channels-busy").end()


def test_o6_an_emergency_call_is_refused_for_emergency_calls_alone() -> None:
    """F5: it clears any other call, and with a free channel nothing is busy."""
    is_busy(with_calls(CHANNELS))
    for story in (with_calls(0), with_calls(0, CHANNELS), with_calls(CHANNELS - 1, 1)):
        with pytest.raises(Violation, match=r"O6.*\n.*emergency call that clears another call"):
            is_busy(story)


def test_o6_a_channel_is_free_again_after_an_emergency_call() -> None:
    """Released, or gone with the program that knew of it; the end of another call frees none."""
    released = CallReleased(source="200", destination="112", cleared=False)
    is_busy(with_calls(CHANNELS + 1).tell("north", released))
    is_busy(with_calls(CHANNELS).tell("north", msgspec.structs.replace(released, source="201")))
    restarted = ProgramRestarted(program="node", times=1)
    for story in (
        with_calls(CHANNELS).tell("north", released),
        with_calls(CHANNELS).crash("north").start("north"),
        with_calls(CHANNELS).tell("north", restarted),
    ):
        with pytest.raises(Violation, match=r"O6.*\n.*emergency call that clears another call"):
            is_busy(story)


def test_o6_without_a_trunk_there_is_no_way_out() -> None:
    """South has none: `no route` is the truth there."""
    in_emergency("south").call("south", "300", "112", "no route", "no-trunk").end()


def test_o6_failover_refuses_nothing_for_the_status() -> None:
    """Calls outside and inside; a neighbor may have its own reasons."""
    story = cut_off()
    story.call("north", "200", "0891234567", "connected")
    story.call("north", "200", "0891234567", "refused", "all-channels-busy")
    story.call("north", "200", "300", "refused", "emergency-mode")
    with pytest.raises(Violation, match=r"O6.*\n.*no refusal for the license status"):
        story.call("north", "200", "0891234567", "refused", "emergency-mode")
    with pytest.raises(Violation, match="O6"):
        story.call("north", "200", "201", "refused", "restricted")


def test_o6_a_licensed_station_stays_one() -> None:
    """Failover does not forget station licenses; damaged state may."""
    story = cut_off()
    story.call("north", "201", "0891234567", "refused", "no-station-license")
    story.assign("north", "200", "tdm")
    with pytest.raises(Violation, match=r"O6.*\n.*no refusal of a licensed station"):
        story.call("north", "200", "0891234567", "refused", "no-station-license")
    story.replace_hardware("north", "the record assignments was altered")
    story.change("north", RESTRICTED, REGULAR, Trigger.LEASED)
    story.call("north", "200", "0891234567", "refused", "no-station-license")


def test_o6_emergency_mode_leaves_the_attendant() -> None:
    """F5: calls to the attendant connect, from inside and outside; the rest is refused."""
    story = in_emergency()
    story.call("north", "201", "200", "connected")
    story.call("north", "outside", "200", "connected")
    story.call("north", "200", "0891234567", "refused", "emergency-mode")
    story.call("north", "200", "300", "refused", "emergency-mode")
    with pytest.raises(Violation, match=r"O6.*\n.*no refusal for the license status"):
        story.call("north", "outside", "200", "refused", "emergency-mode")


@pytest.mark.parametrize(
    ("source", "destination"),
    [("200", "0891234567"), ("200", "201"), ("outside", "201"), ("200", "300"), ("outside", "112")],
)
def test_o6_emergency_mode_connects_nothing_else(source: str, destination: str) -> None:
    """Nor does a call from outside become an emergency call by its number."""
    with pytest.raises(Violation, match=r"O6.*\n.*calls to the attendant only"):
        in_emergency().call("north", source, destination, "connected")


def test_o6_a_neighbor_may_answer_after_the_status_changed() -> None:
    """The call was placed while the node was still in failover."""
    story = cut_off().at(DEADLINE_NS + 1)
    story.expire("north")
    story.at(DEADLINE_NS + MINUTE_NS).call("north", "200", "300", "connected")
    with pytest.raises(Violation, match="O6"):
        story.at(DEADLINE_NS + 3 * MINUTE_NS).call("north", "200", "300", "connected")


@pytest.mark.parametrize("back", [True, False])
def test_o6_in_a_live_run_who_is_back_at_once_may_lose_seats(*, back: bool) -> None:
    """A tolerance is no longer failover: what the CLA has granted to others is gone (F9)."""
    story = Story(tolerance_ns=100).license("north")
    story.assign("north", "200", "tdm")
    story.lose("north").at(story.now + 50)
    if back:
        story.welcome("north")
        story.change("north", NodeState.FAILOVER, NodeState.REGULAR, Trigger.LEASED_ANEW)
        story.assign("north", "200", "tdm", after=LicenseState.NOT_LICENSED)
        story.end()
    else:
        with pytest.raises(Violation, match=r"O6.*north.*\n.*1 x tdm as before failover"):
            story.assign("north", "200", "tdm", after=LicenseState.NOT_LICENSED)


def test_o6_licenses_do_not_shrink_with_the_beginning_of_failover() -> None:
    """At another instant somebody may give them back."""
    story = Story().license("north")
    story.assign("north", "200", "tdm")
    story.lose("north")
    with pytest.raises(Violation, match=r"O6.*\n.*1 x tdm as before failover\n.*0 x tdm"):
        story.assign("north", "200", "tdm", after=LicenseState.NOT_LICENSED)
    story.at(story.now + 1)
    story.assign("north", "200", "tdm", after=LicenseState.CONFIGURABLE)


def test_o6_more_licenses_with_the_beginning_of_failover() -> None:
    """Only a loss is judged."""
    story = Story().license("north")
    story.assign("north", "200", "tdm")
    story.lose("north")
    story.assign("north", "201", "tdm")


# O9


def test_o9_with_all_prerequisites() -> None:
    """In whatever order one instant states them."""
    story = Story().license("hq")
    story.assign("hq", "130", "fax")
    story.assign("hq", "130", "uc-suite", "ip")
    with pytest.raises(Violation, match="O1"):  # of these none was bought
        story.at(1).end()


@pytest.mark.parametrize("keys", [["voicemail"], ["fax", "ip"], ["fax", "uc-suite"]])
def test_o9_without_station_license_or_prerequisite(keys: list[str]) -> None:
    """Each is one license short."""
    story = Story().license("hq")
    story.accept({"ip": 1, "voicemail": 1, "fax": 1, "uc-suite": 1})
    story.assign("hq", "130", *keys)
    with pytest.raises(Violation, match=f"O9.*\n.*{keys[0]} of 130"):
        story.end()


def test_o9_a_prerequisite_that_is_lost() -> None:
    """The dependent license has to go at the same instant."""
    story = Story().license("hq")
    story.assign("hq", "130", "ip", "voicemail")
    story.at(1).assign("hq", "130", "ip", "voicemail", after=LicenseState.UNSAVED_RELEASE)
    story.at(2).assign("hq", "130", "ip", "voicemail")
    story.at(3).assign("hq", "130", "ip", after=LicenseState.NOT_LICENSED)
    with pytest.raises(Violation, match=r"O9.*\n.*voicemail of 130"):
        story.end()


# Subscribers that come, go and become another type.


def test_o3_follows_the_subscribers() -> None:
    """A station added as a system telephone must show the message; one that is gone, nothing."""
    story = cut_off("north")
    story.tell("north", SubscriberChanged(number="201", before="up0", after="analog"))
    story.tell("north", SubscriberChanged(number="200", before="up0", after=""))
    story.at(story.now + 1)
    story.tell("north", SubscriberChanged(number="207", before="", after="up0"))
    with pytest.raises(Violation, match=r"O3.*north.*\n.*\n.*207 \(up0\) shows 'nothing'"):
        story.at(story.now + 1).end()


def test_o6_the_attendant_that_is_deleted_is_followed_by_the_first_of_the_others() -> None:
    """Calls to it connect in emergency mode; those to the old number do not (F5)."""
    story = in_emergency()
    story.tell("north", SubscriberChanged(number="200", before="up0", after=""))
    story.call("north", "outside", "201", "connected")
    with pytest.raises(Violation, match="O6"):
        story.call("north", "outside", "209", "connected")


def test_o4_a_node_that_trusts_nothing_of_its_disk_has_what_its_cla_counts() -> None:
    """As a backup that was made on another mainboard: the CLA has counted no end of a period."""
    story = in_emergency().replace_hardware("north", "node.db is of another computer")
    regular_again(story, RESTRICTED)
