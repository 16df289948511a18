"""Days of random faults in which people carry files as well, judged by the oracle (F4, F15, F18).

Relicensing requests and their answers are on their way for as long as they like, license files are
rehosted while the old system goes on and come back, and the master has other mainboards. Periods
are short. At last people do what the table of ways out says, and all are regular.
"""

from collections.abc import Callable
from typing import Any

import pytest
from test_random_faults import RECOVERY_NS, SEEDS, Faults, failures, written_day

from licensing.events import Entry, LicenseFileAccepted, LicenseFileIssued, StateChanged
from licensing.words import NodeState
from master_cla.ledger import Ledger
from simulator.runs.play import Result, play
from simulator.scenario import parse_scenario

FIRST_BOARD = "00-1A-E8-4C-AA-01"
PERIODS = ["3 h", "7 h", "2 days"]


class FaultsAndFiles(Faults):
    """Faults, and files in people's hands.

    `board` is the Locking ID of the master, `bound_to` that of its license file as the license
    server has it; `requests` and `answers` are on their way.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.period = self.dice.choice(PERIODS)
        self.board = self.bound_to = FIRST_BOARD
        self.requests: list[str] = []
        self.answers: list[str] = []
        self.names = 0

    def further(self) -> list[Callable[[], None]]:
        """What people do with files."""
        return [
            *(self.request, self.bring, self.load, self.relicense),
            *(self.move_away, self.come_home, self.come_home, self.replace_master_board),
        ]

    def named(self, kind: str) -> str:
        """A name of its own."""
        self.names += 1
        return f"{kind}-{self.names}"

    def request(self) -> None:
        """Somebody downloads a relicensing request at the master."""
        self.requests.append(self.named("request"))
        self.step(self.pause_ns(), relicensing_request={"node": "hq", "as": self.requests[-1]})

    def bring(self) -> None:
        """One of the requests comes to the license server; it may come again."""
        if self.requests:
            self.answers.append(self.named("answer"))
            brought = {"request": self.dice.choice(self.requests), "as": self.answers[-1]}
            self.step(self.pause_ns(), relicense_by_file=brought)

    def load(self) -> None:
        """One of the answers, or of the rehosted files, comes to the master, however old."""
        if self.answers:
            file = self.dice.choice(self.answers)
            self.step(self.pause_ns(), upload_license_file={"node": "hq", "file": file})

    def relicense(self) -> None:
        """Online."""
        self.step(self.pause_ns(), relicense={"node": "hq"})

    def move_away(self) -> None:
        """The file is rehosted to a system that nobody has, and the master goes on with its own."""
        if self.bound_to == self.board:
            self.rehost(self.other_board("AB"))

    def come_home(self) -> None:
        """The license file is bound to what the master is now, and loaded there."""
        if self.bound_to != self.board:
            self.rehost(self.board)
            self.step(self.pause_ns(), upload_license_file={"node": "hq", "file": self.answers[-1]})

    def rehost(self, to: str) -> None:
        """From where the license server has it."""
        self.answers.append(self.named("moved"))
        rehost = {"from": self.bound_to, "for": to, "as": self.answers[-1]}
        self.step(self.pause_ns(), rehost=rehost)
        self.bound_to = to

    def replace_master_board(self) -> None:
        """The master has another Locking ID, and serves nobody until its file is rehosted."""
        board = self.other_board("AC")
        self.anew("hq", replace_hardware={"locking_id": board})
        if self.steps[-1].get("replace_hardware", {}).get("locking_id") == board:
            self.board = board

    def other_board(self, kind: str) -> str:
        """A Locking ID of its own."""
        self.boards += 1
        return f"00-1A-E8-4C-{kind}-{self.boards:02X}"

    def mend(self) -> None:
        """Everything is whole, the file is where the master is, and the internetwork relicensed."""
        self.repair()
        self.move_away()  # so that its newest file is known, whatever has become of the others
        self.come_home()
        self.step(self.pause_ns(), wizard={"node": "hq", "role": "master"})
        self.make_known()
        self.now_ns += RECOVERY_NS
        self.step(relicense={"node": "hq"})


def day_of_files(seed: int) -> tuple[Result, list[Entry]]:
    """What comes of such a day, and its journal."""
    faults, entries = FaultsAndFiles(seed), []
    written: dict[str, Any] = written_day(seed, faults)
    written["internetwork"]["nodes"]["hq"]["locking_id"] = FIRST_BOARD
    written["policies"] = {"failover_period": faults.period}
    result = play(parse_scenario(written), readers=[entries.append])
    return result, entries


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_day_of_faults_and_files_breaks_no_rule_and_ends_regular(seed: int) -> None:
    """O1 to O6, O9 and O10, and from whatever came of it the ways out lead to regular operation."""
    result, entries = day_of_files(seed)
    assert failures(result, entries) == []
    assert result.over_used == {}


def test_files_are_carried_and_emergencies_end_by_them() -> None:
    """So that the test above has something to see."""
    entries = [entry for seed in range(3) for entry in day_of_files(seed)[1]]
    facts = [entry.fact for entry in entries]
    issued = [fact.locking_id for fact in facts if isinstance(fact, LicenseFileIssued)]
    assert len(set(issued)) > 3, "it moves"
    epochs = [fact.epoch for fact in facts if isinstance(fact, LicenseFileAccepted)]
    assert max(epochs) > 2
    changes = [fact for fact in facts if isinstance(fact, StateChanged)]
    assert any(change.before is NodeState.EMERGENCY for change in changes)


def test_a_cla_whose_nodes_never_leave_emergency_mode_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The planted bug of F4: whose period has ended once needs a newer epoch for ever."""
    monkeypatch.setattr(Ledger, "is_expired", lambda _, member: member.expired_ns is not None)
    assert any(failures(*day_of_files(seed)) for seed in range(2))
