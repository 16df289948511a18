"""A CLA's database read without its code, and whether its tables tell one story."""

import base64
import hashlib
import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import msgspec

from licensing.catalogue import LICENSES
from licensing.license_file import read_license_file
from licensing.signing import VerificationKey

DECISIONS_KEPT = 4


class Books:
    """What is on the disk; asserts what must hold at every moment.

    `decisions` maps (node, request id) to the stored answer, `audited` to what the audit says of
    it, which forgets nothing; `held` maps a node to its seats.
    """

    def __init__(self, path: Path, vendor_key: str) -> None:
        with (
            closing(sqlite3.connect(path)) as disk,
            closing(sqlite3.connect(":memory:")) as database,
        ):
            disk.backup(database)
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            take_up_log(database)
            ask = database.execute
            self.decisions = {
                (node, request): bytes(answer)
                for node, request, answer in ask("SELECT node, request_id, answer FROM decisions")
            }
            self.held: dict[str, Counter[str]] = {}
            for node, key, seats in ask("SELECT node, license, quantity FROM grants"):
                self.held.setdefault(node, Counter())[key] += seats
            self._leases = dict(ask("SELECT name, lease FROM nodes").fetchall())
            (self._document,) = ask("SELECT license_file FROM agent").fetchone() or (None,)
            rows = ask("SELECT wall_ns, fact, digest FROM audit ORDER BY number").fetchall()
        self.facts = [json.loads(fact) for _, facts, _ in rows for fact in facts.splitlines()]
        decided = [fact for fact in self.facts if fact["event"] == "demand-decided"]
        self.audited = {(fact["node"], fact["request_id"]): fact for fact in decided}
        assert len(self.audited) == len(decided), "a demand was decided twice"
        self._check_chain(rows)
        self._check_seats(vendor_key)
        self._check_decisions()

    def _check_chain(self, rows: list[tuple[int, bytes, bytes]]) -> None:
        digest = bytes(32)
        for wall_ns, fact, stored in rows:
            digest = hashlib.sha256(digest + wall_ns.to_bytes(12, "big", signed=True) + fact)
            digest = digest.digest()
            assert digest == stored, "the audit chain is broken"

    def _check_seats(self, vendor_key: str) -> None:
        """No more than was bought, and each lease says what its node was granted."""
        if self._document is None:
            assert not self.held
            return
        bought = read_license_file(self._document, VerificationKey(vendor_key)).licenses
        total = sum(self.held.values(), Counter())
        for key in LICENSES:
            assert total[key] <= bought.get(key, 0), f"{total[key]} x {key} of {bought.get(key)}"
        for node, lease in self._leases.items():
            if lease is not None:
                assert seats_in(lease) == self.held.get(node, Counter()), node

    def _check_decisions(self) -> None:
        """The newest of each node are kept, and as they are audited; the grants are their sum."""
        asked: dict[str, list[str]] = {}
        for node, request in self.audited:
            asked.setdefault(node, []).append(request)
        kept = {(node, request) for node in asked for request in asked[node][-DECISIONS_KEPT:]}
        assert set(self.decisions) == kept
        for of, answer in self.decisions.items():
            self.check_answer(of, answer)
        sums: dict[str, Counter[str]] = {node: Counter() for node in self.held}
        for fact in self.audited.values():
            count = sums.setdefault(fact["node"], Counter())
            for seat in fact["granted"]:
                count[seat["license"]] += seat.get("quantity", 1)
            for seat in fact["released"]:
                count[seat["license"]] -= seat.get("quantity", 1)
        self._check_sums(sums)

    def _check_sums(self, sums: dict[str, Counter[str]]) -> None:
        for node, count in sums.items():
            held = self.held.get(node, Counter())
            user = {key: seats for key, seats in held.items() if key != "networking"}
            assert user == {key: seats for key, seats in count.items() if seats}, node

    def check_answer(self, of: tuple[str, str], answer: bytes) -> None:
        """An answer to (node, request id): as it is audited, and kept, where it still is."""
        said, fact = json.loads(answer), self.audited[of]
        assert (said["granted"], said["refused"]) == (fact["granted"], fact["refused"]), of
        assert self.decisions.get(of, answer) == answer, of


def take_up_log(database: sqlite3.Connection) -> None:
    """Put into the tables of a copy what its redo log has."""
    answers: dict[str, list[tuple]] = {}
    for row in database.execute(
        "SELECT node, request_id, contents, answer FROM decisions ORDER BY number"
    ):
        answers.setdefault(row[0], []).append(row)
    for (encoded,) in database.execute("SELECT rows FROM redo ORDER BY number").fetchall():
        rows = msgspec.msgpack.decode(encoded, strict=False)
        for name, key, acknowledged, seq, lease, *rest in rows["nodes"]:
            text = lease and lease["text"]
            row = (name, key, acknowledged, seq, text, *rest)
            places = ", ".join("?" for _ in row)
            database.execute(f"INSERT OR REPLACE INTO nodes VALUES ({places})", row)
        for number, (node, grant) in rows["grants"].items():
            database.execute("DELETE FROM grants WHERE number = ?", (number,))
            if grant:
                row = (number, node, *grant[1:])
                places = ", ".join("?" for _ in row)
                database.execute(f"INSERT INTO grants VALUES ({places})", row)
        for place, request_id, contents, decision, leased in rows["answers"]:
            node, lease = rows["nodes"][place][0], rows["nodes"][place][4]
            answer = json.loads(decision) | {"lease": lease["text"] if leased else None}
            encoded_answer = json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()
            answers.setdefault(node, []).append((node, request_id, contents, encoded_answer))
    kept = [row for rows in answers.values() for row in rows[-DECISIONS_KEPT:]]
    database.execute("DELETE FROM decisions")
    database.executemany(
        "INSERT INTO decisions (node, request_id, contents, answer) VALUES (?, ?, ?, ?)", kept
    )


def seats_in(document: str) -> Counter[str]:
    """The seats of a signed lease, whenever they end."""
    seats: Counter[str] = Counter()
    for entitlement in content(document)["entitlements"]:
        seats.update(entitlement["seats"])
    return seats


def content(document: str) -> dict:
    """What a signed lease says, unverified."""
    encoded = json.loads(document)["header"]["content"]
    return json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
