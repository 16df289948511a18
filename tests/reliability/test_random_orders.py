"""Days of random faults in which orders of every kind are placed, too, judged by the oracle.

Periods, recoveries, ends and flexible licensing change while nodes are cut off, frozen or without
power. Nobody need be regular at the end; nothing may be used that was not bought (O1, O2, O10),
but on days whose orders let the seats of cut-off nodes go (F9).
"""

from collections.abc import Callable
from typing import Any

import pytest
from test_random_faults import SEEDS, Faults, activation, nodes_cut_off, written_day

from licensing.events import Entry, LicenseFileAccepted
from licensing.lease import Lease
from master_cla.lease_signing import SignedLease
from master_cla.members import Member
from simulator.runs.play import Result, play
from simulator.scenario import parse_scenario

PERIODS = ["75 min", "3 h", "7 h", "2 days", "30 days"]
RECOVERIES = ["full", "recharge", "after_stable(2 h)", "resume"]
ENDS = ["", "", "", "6 h", "20 h", "90 days"]
SEATS = ["hold", "bounded(2 h)", "hold", "reclaim"]
SCOPES = ["node", "node", "internetwork"]


class FaultsAndOrders(Faults):
    """Faults, and orders that the master activates as soon as they are placed."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.orders = 1
        self.seats, self.scope = SEATS[seed % len(SEATS)], SCOPES[seed % len(SCOPES)]

    def further(self) -> list[Callable[[], None]]:
        """What may happen besides: an order."""
        return [self.buy]

    def buy(self) -> None:
        """A further order; whether it can be activated at this instant is part of the game."""
        self.orders += 1
        lac = f"LAC-{self.orders}"
        licenses = {"ip": str(self.dice.randint(1, 3)), "tdm": str(self.dice.randint(1, 3))}
        self.step(purchase={lac: self.order(licenses)})
        self.step(self.pause_ns(), activate=activation(lac))

    def order(self, licenses: dict[str, str]) -> dict[str, Any]:
        """So many licenses, with words drawn for them."""
        order = {
            "licenses": licenses,
            "failover_period": self.dice.choice(PERIODS),
            "recovery": self.dice.choice(RECOVERIES),
            "flexible": self.dice.choice(["yes", "no"]),
            "seats": self.seats,
            "expiry_scope": self.scope,
        }
        end = self.dice.choice(ENDS)
        return order | ({"valid_for": end} if end else {})


def day_of_orders(seed: int) -> tuple[Result, list[Entry]]:
    """What comes of such a day, and its journal."""
    faults, entries = FaultsAndOrders(seed), []
    written = written_day(seed, faults)
    internetwork = written["internetwork"]
    first = {"base": "1", "networking": "9", "ip": "15", "tdm": "4"}
    first_order = faults.order(first)
    first_order.pop("valid_for", None)  # a base license that lasts
    internetwork["purchase"] = {"LAC-1": first_order}
    for name, node in internetwork["nodes"].items():
        prefix = name.removeprefix("s")
        if name != "hq":
            analog = {"numbers": f"{prefix}02", "type": "analog", "licenses": ["tdm"]}
            node["subscribers"].append(analog)
    result = play(parse_scenario(written), readers=[entries.append])
    return result, entries


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_day_of_faults_and_orders_breaks_no_rule(seed: int) -> None:
    """Whatever an order says: O1 to O6 and O9 at each fact, and nothing is over-used (O10)."""
    result, entries = day_of_orders(seed)
    assert str(result.violation or "") == ""
    assert result.over_used == {} or FaultsAndOrders(seed).seats != "hold"
    assert nodes_cut_off(entries)


def test_license_files_of_one_day_differ_in_all_that_an_order_says() -> None:
    """So that the test above has something to see."""
    entries = [entry for seed in range(3) for entry in day_of_orders(seed)[1]]
    files = [entry.fact for entry in entries if isinstance(entry.fact, LicenseFileAccepted)]
    assert len({file.failover_period_ns for file in files}) > 1
    assert len({file.recovery for file in files}) > 1
    assert len({file.reserved_at_most_s for file in files}) > 1
    assert len({file.expiry_scope for file in files}) > 1
    assert any(len(file.entitlements) > 1 for file in files)


def test_a_cla_that_counts_by_the_newest_lease_that_it_signed_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The planted bug of F9: a cut-off node still has the longer period of the lease before."""

    def leased(self: Member, lease: Lease, signed: SignedLease) -> None:
        self.seq, self.lease, self.signed = lease.seq, lease, signed

    monkeypatch.setattr(Member, "leased", leased)
    assert any(day_of_orders(seed)[0].violation for seed in range(4))
