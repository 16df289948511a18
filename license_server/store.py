"""The license server's books: one SQLite file with orders, systems, issued files and their audit.

Each decision is read and written within one transaction, its audit row included. No issued file is
ever changed or deleted.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress

import msgspec

from license_server import agent_books
from license_server.administration import ServerState
from license_server.agent_books import AgentBooks
from license_server.issuance import RegisteredSystem, StoredOrder, Succession
from licensing.errors import LicensingError
from licensing.events import HowMoved, LicenseServerFact
from licensing.license_file import LicenseFile, read_license_file, sign_license_file
from licensing.messages import Registration, encode
from licensing.signing import SigningKey
from runtime import audit, idempotency, known_addresses
from runtime.database import DatabaseDamaged, state_problem, transaction
from runtime.host import Host
from runtime.idempotency import KeptAnswers
from runtime.known_addresses import KnownAddresses
from runtime.schema import FormerVersion, Schema, create

CLS_DATABASE = "cls.db"
KEY_MARKER = "commissioned"
"""A file beside the database, once there is a key: one that vanishes is no new one."""
_GONE = f"it is empty, and the file {KEY_MARKER} beside it is of one that was not"
_ORDERS = "SELECT bought, locking_id, customer FROM orders LEFT JOIN owners USING (lac)"


def _migrate(connection: sqlite3.Connection) -> None:
    """No key is bound to a Locking ID yet (F18), and no address is known to be its account's."""
    create(connection, known_addresses.SCHEMA + agent_books.SCHEMA)


SCHEMA = Schema(
    version=1,
    tables=idempotency.SCHEMA
    + known_addresses.SCHEMA
    + """
CREATE TABLE IF NOT EXISTS signing_key (secret BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS systems (
    locking_id TEXT PRIMARY KEY, company TEXT NOT NULL, contact TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY, lac TEXT NOT NULL UNIQUE, bought TEXT NOT NULL,
    locking_id TEXT REFERENCES systems
);
CREATE INDEX IF NOT EXISTS orders_of_a_system ON orders (locking_id, number);
CREATE TABLE IF NOT EXISTS files (
    serial INTEGER PRIMARY KEY, locking_id TEXT NOT NULL REFERENCES systems, document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS files_of_a_system ON files (locking_id, serial);
CREATE TABLE IF NOT EXISTS customers (name TEXT PRIMARY KEY, password TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS owners (
    lac TEXT PRIMARY KEY REFERENCES orders (lac), customer TEXT NOT NULL REFERENCES customers
);
CREATE INDEX IF NOT EXISTS orders_of_a_customer ON owners (customer);
CREATE TABLE IF NOT EXISTS successions (
    locking_id TEXT PRIMARY KEY REFERENCES systems, successor TEXT NOT NULL REFERENCES systems,
    how TEXT NOT NULL, customer TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS successions_of_a_customer ON successions (customer);
"""
    + agent_books.SCHEMA
    + audit.SCHEMA,
    former=FormerVersion(shape="2374c0640e9ad90d", migrate=_migrate),
)


class ServerStore:
    """The books of one license server; raises `state-damaged` where they cannot be trusted.

    And `state-unreachable` where the disk is full, or for another reason out of reach.
    """

    def __init__(self, host: Host) -> None:
        self._path = host.directory / CLS_DATABASE
        try:
            self._database = host.database(CLS_DATABASE, SCHEMA)
        except (DatabaseDamaged, sqlite3.DatabaseError) as failure:
            raise state_problem(self._path, failure) from failure
        try:
            audit.check(self._database)
            self.answers = KeptAnswers(self._database)
            self.known_addresses = KnownAddresses(self._database)
            self.agents = AgentBooks(self._database)
            self.signing_key = SigningKey(self._secret(host))
        except (DatabaseDamaged, sqlite3.DatabaseError, audit.AuditBroken) as failure:
            self.close()
            raise state_problem(self._path, failure) from failure

    def close(self) -> None:
        """Give the file back."""
        self._database.close()

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """The transaction that one decision is read and written in; durable when it ends."""
        return transaction(self._database)

    def order(self, lac: str) -> StoredOrder | None:
        """What `lac` bought; None where it is unknown."""
        row = self._database.execute(f"{_ORDERS} WHERE lac = ?", [lac]).fetchone()
        return _order(*row) if row else None

    def orders_of(self, customer: str) -> list[StoredOrder]:
        """All orders of a customer, the newest first."""
        rows = self._database.execute(
            f"{_ORDERS} WHERE customer = ? ORDER BY number DESC", [customer]
        )
        return [_order(*row) for row in rows]

    def system(self, locking_id: str) -> RegisteredSystem:
        """What is known of a Locking ID; an empty `RegisteredSystem` where it never activated."""
        orders = self._orders(locking_id)
        customer, succession = self._succession(locking_id)
        agent_key, key_released = self.agents.key(locking_id)
        row = self._database.execute(
            "SELECT company, contact FROM systems WHERE locking_id = ?", [locking_id]
        ).fetchone()
        return RegisteredSystem(
            locking_id=locking_id,
            registration=Registration(company=row[0], contact=row[1]) if row else None,
            orders=orders,
            newest=self._newest_file(locking_id),
            customer=orders[0].customer if orders else customer,
            succession=succession,
            agent_key=agent_key,
            key_released=key_released,
        )

    def systems_of(self, customer: str) -> list[RegisteredSystem]:
        """All Locking IDs that have or had licenses of a customer, as they are written."""
        rows = self._database.execute(
            "SELECT locking_id FROM orders JOIN owners USING (lac)"
            " WHERE customer = :customer AND locking_id IS NOT NULL"
            " UNION SELECT locking_id FROM successions WHERE customer = :customer ORDER BY 1",
            {"customer": customer},
        )
        return [self.system(locking_id) for (locking_id,) in rows.fetchall()]

    def password(self, customer: str) -> str | None:
        """What is kept of a customer's password; None where there is no such customer."""
        row = self._database.execute(
            "SELECT password FROM customers WHERE name = ?", [customer]
        ).fetchone()
        return str(row[0]) if row else None

    def next_serial(self) -> int:
        """The serial of the next license file, whoever it is for."""
        (newest,) = self._database.execute("SELECT max(serial) FROM files").fetchone()
        return (newest or 0) + 1

    def document(self, serial: int) -> str:
        """The very bytes that were issued under `serial`."""
        (document,) = self._database.execute(
            "SELECT document FROM files WHERE serial = ?", [serial]
        ).fetchone()
        return str(document)

    def state(self) -> ServerState:
        """Figures for the operator."""
        orders, bound = self._database.execute(
            "SELECT count(*), count(locking_id) FROM orders"
        ).fetchone()
        return ServerState(orders=orders, bound_lacs=bound, newest_serial=self.next_serial() - 1)

    def add_customer(self, name: str, password: str) -> None:
        """Write a new account, with what is kept of its password."""
        self._database.execute("INSERT INTO customers VALUES (?, ?)", [name, password])

    def add_order(self, order: StoredOrder) -> None:
        """Write a new order, bound to no system."""
        self._database.execute(
            "INSERT INTO orders (lac, bought) VALUES (?, ?)", [order.lac, encode(order).decode()]
        )

    def assign(self, lac: str, customer: str) -> None:
        """Let the order of `lac` belong to a customer, for good."""
        self._database.execute("INSERT INTO owners VALUES (?, ?)", [lac, customer])

    def claim_predecessors(self, locking_id: str, customer: str) -> None:
        """Let the Locking IDs whose licenses came to `locking_id` have been a customer's."""
        self._database.execute(
            "WITH RECURSIVE came (source) AS ("
            " SELECT locking_id FROM successions WHERE successor = ?"
            " UNION SELECT locking_id FROM successions JOIN came ON successor = source"
            ") UPDATE successions SET customer = ? WHERE locking_id IN came",
            [locking_id, customer],
        )

    def bind(self, lac: str, locking_id: str, registration: Registration) -> None:
        """Bind `lac` to the system of `locking_id`; its registration is the latest."""
        self._database.execute(
            "INSERT INTO systems VALUES (?, ?, ?) ON CONFLICT (locking_id)"
            " DO UPDATE SET company = excluded.company, contact = excluded.contact",
            [locking_id, registration.company, registration.contact],
        )
        self._database.execute("UPDATE orders SET locking_id = ? WHERE lac = ?", [locking_id, lac])

    def move(self, source: RegisteredSystem, successor: str, how: HowMoved) -> None:
        """Bind all orders of `source` to `successor`; only `source` has given up its file then.

        A successor that is new here takes over the registration. Neither has a key any more (F18).
        """
        for locking_id in (source.locking_id, successor):
            self.agents.drop_key(locking_id)
        self._database.execute(
            "INSERT INTO systems SELECT ?, company, contact FROM systems WHERE locking_id = ?"
            " ON CONFLICT (locking_id) DO NOTHING",
            [successor, source.locking_id],
        )
        self._database.execute(
            "UPDATE orders SET locking_id = ? WHERE locking_id = ?", [successor, source.locking_id]
        )
        self._database.execute("DELETE FROM successions WHERE locking_id = ?", [successor])
        self._database.execute(
            "INSERT INTO successions VALUES (?, ?, ?, ?)",
            [source.locking_id, successor, how, source.customer],
        )

    def add_file(self, file: LicenseFile) -> None:
        """Sign `file` and keep the document."""
        document = sign_license_file(file, self.signing_key)
        self._database.execute(
            "INSERT INTO files VALUES (?, ?, ?)", [file.serial, file.locking_id, document]
        )

    def audit(self, decisions: Iterable[LicenseServerFact], wall_ns: int) -> None:
        """Put the decisions of the running transaction on record."""
        audit.append(self._database, wall_ns, list(decisions))

    def _orders(self, locking_id: str) -> tuple[StoredOrder, ...]:
        rows = self._database.execute(
            f"{_ORDERS} WHERE locking_id = ? ORDER BY number", [locking_id]
        )
        return tuple(_order(*row) for row in rows)

    def _succession(self, locking_id: str) -> tuple[str, Succession | None]:
        row = self._database.execute(
            "SELECT customer, successor, how FROM successions WHERE locking_id = ?", [locking_id]
        ).fetchone()
        return (row[0], Succession(successor=row[1], how=row[2])) if row else ("", None)

    def _newest_file(self, locking_id: str) -> LicenseFile | None:
        row = self._database.execute(
            "SELECT document FROM files WHERE locking_id = ? ORDER BY serial DESC LIMIT 1",
            [locking_id],
        ).fetchone()
        if row is None:
            return None
        try:
            return read_license_file(row[0], self.signing_key.verification_key)
        except LicensingError as error:
            raise self._damaged(f"the newest license file of {locking_id}, {error}") from error

    def _secret(self, host: Host) -> bytes:
        """The signing key's secret, made at the first start; the marker tells later ones of it."""
        marker = host.directory / KEY_MARKER
        with self.transaction() as database:
            row = database.execute("SELECT secret FROM signing_key").fetchone()
            secret = bytes(row[0]) if row else host.dice.token(32)
            if row is None:
                if marker.exists():
                    raise DatabaseDamaged(self._path, _GONE)
                database.execute("INSERT INTO signing_key VALUES (?)", [secret])
        with suppress(OSError):  # the disk is full; the next start makes it
            marker.touch(0o600)
        return secret

    def _damaged(self, reason: str) -> LicensingError:
        return LicensingError("state-damaged", path=self._path, reason=reason)


def _order(bought: str, locking_id: str | None, customer: str | None) -> StoredOrder:
    order = msgspec.json.decode(bought, type=StoredOrder)
    return msgspec.structs.replace(order, locking_id=locking_id or "", customer=customer or "")
