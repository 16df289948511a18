"""What was bought, by the license server's books, and what of it is used everywhere together.

A CLA has the orders of its newest license file, and of each older one by which a node of it still
uses seats. Orders that any two CLAs have make one pool of all that they have. Pure: it is given
what happened, and asked what is too much.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import msgspec

from licensing.catalogue import STANDS_IN, STOOD_IN_FOR, charged
from simulator.network.virtual_time import NEVER_NS

_BASE = "base"
NOTHING: Mapping[str, int] = MappingProxyType({})


class Use(msgspec.Struct, frozen=True):
    """What a node uses, and by which file: 0 where its CLA has none.

    `kept` is the same of a node that is switched off as well: what it uses when it is back.
    """

    node: str
    serial: int
    seats: Mapping[str, int]
    kept: Mapping[str, int]


class _Share(msgspec.Struct):
    """What one CLA's newest file bought, and what its nodes use; `spared` is what F13 leaves them.

    `files` counts the nodes that use seats by each file.
    """

    serial: int = 0
    flexible: bool = False
    bought: Counter[str] = msgspec.field(default_factory=Counter)
    uses: dict[str, Use] = msgspec.field(default_factory=dict)
    used: Counter[str] = msgspec.field(default_factory=Counter)
    spared: Counter[str] = msgspec.field(default_factory=Counter)
    files: Counter[int] = msgspec.field(default_factory=Counter)

    def buy(self, bought: Counter[str], *, flexible: bool) -> None:
        """The file says something else: of what is too much then, what was in order is spared."""
        before = self._charged(self.used) - (self.bought + self.spared)
        self.bought, self.flexible = bought, flexible
        self.spared = self._charged(self._held()) - bought - before

    def spare_no_growth(self) -> None:
        """What has come below its number since then stays there."""
        if self.spared:
            self.spared &= self._charged(self._held()) - self.bought

    def _held(self) -> Counter[str]:
        """What is used, or will be by who was off when the newest file came, until told (F13)."""
        held = self.used.copy()
        for use in self.uses.values():
            if use.serial != self.serial:
                held.update(use.kept)
                held.subtract(use.seats)
        return held

    def _charged(self, seats: Counter[str]) -> Counter[str]:
        return Counter(charged(seats, self.bought, flexible=self.flexible))


class PurchasePool(msgspec.Struct):
    """CLAs whose files have orders in common, and the LACs of all those files' orders."""

    agents: list[str]
    lacs: dict[str, None]


class Purchases:
    """Orders, files that contain them, and who uses what; instants are ns since the run began."""

    def __init__(self) -> None:
        self._orders: dict[str, tuple[Mapping[str, int], int]] = {}
        self._lacs: dict[int, list[str]] = {}
        self._shares: dict[str, _Share] = {}
        self._pools: list[PurchasePool] | None = []
        self.next_end_ns = NEVER_NS
        """When the next order ends: `end_orders` is due."""

    def order(self, lac: str, licenses: Mapping[str, int], ends_ns: int = NEVER_NS) -> None:
        """An order was placed; its licenses end at `ends_ns` (F14)."""
        self._orders[lac] = (licenses, ends_ns)
        self.next_end_ns = min(self.next_end_ns, ends_ns)

    def end_orders(self, now_ns: int) -> None:
        """Orders have ended: whoever uses their licenses is spared, and may not use more (F14)."""
        for share in self._shares.values():
            bought = self.bought(self._lacs.get(share.serial, ()), now_ns)
            share.buy(bought, flexible=share.flexible)
        later = (ends_ns for _, ends_ns in self._orders.values() if ends_ns > now_ns)
        self.next_end_ns = min(later, default=NEVER_NS)

    def file(self, serial: int, lacs: list[str]) -> None:
        """The license server has issued a file that contains these orders."""
        self._lacs[serial] = lacs

    def accept(self, agent: str, serial: int, now_ns: int, *, flexible: bool) -> None:
        """A CLA has another newest file."""
        share = self._share(agent)
        share.serial = serial
        share.buy(self.bought(self._lacs.get(serial, ()), now_ns), flexible=flexible)
        self._pools = None

    def newest(self, agent: str) -> int:
        """The newest file of a CLA; 0 where it has none."""
        share = self._shares.get(agent)
        return share.serial if share else 0

    def use(self, agent: str, use: Use) -> None:
        """A node of a CLA uses so much from now on."""
        share = self._share(agent)
        before = share.uses.get(use.node)
        if before is None or before.serial != use.serial:
            self.leave(agent, use.node)
            self._pools = self._pools if share.files[use.serial] else None
            share.files[use.serial] += 1
        else:
            share.used.subtract(before.seats)
        share.used.update(use.seats)
        share.uses[use.node] = use

    def leave(self, agent: str, node: str) -> None:
        """A node uses nothing of a CLA any more."""
        share = self._share(agent)
        if before := share.uses.pop(node, None):
            share.used.subtract(before.seats)
            share.files[before.serial] -= 1
            self._pools = self._pools if share.files[before.serial] else None

    def pools(self) -> list[PurchasePool]:
        """CLAs that have orders in common, together; those without any are left out."""
        if self._pools is None:
            self._pools = []
            for agent, share in self._shares.items():
                if lacs := self._lacs_of(share):
                    self._join(PurchasePool([agent], lacs))
        return self._pools

    def beyond(self, pool: PurchasePool, now_ns: int) -> Counter[str]:
        """How much more is used in a pool than was bought for it, of each license but the base."""
        shares = [self._shares[agent] for agent in pool.agents]
        used, spared = Counter[str](), Counter[str]()
        for share in shares:
            share.spare_no_growth()
            used.update(share.used)
            spared.update(share.spared)
        bought = self.bought(pool.lacs, now_ns)
        flexible = any(share.flexible for share in shares)
        beyond = Counter(charged(used, bought, flexible=flexible)) - (bought + spared)
        del beyond[_BASE]
        return beyond

    def bought(self, lacs: Iterable[str], now_ns: int) -> Counter[str]:
        """What orders have bought that have not ended."""
        bought: Counter[str] = Counter()
        for lac in lacs:
            licenses, ends_ns = self._orders.get(lac, (NOTHING, NEVER_NS))
            if ends_ns > now_ns:
                bought.update(licenses)
        return bought

    def users(self, pool: PurchasePool, license_key: str) -> Iterator[tuple[Use, str]]:
        """Who uses a license in a pool, or another for which it may stand in: use and license."""
        for agent in pool.agents:
            share = self._shares[agent]
            stands_in = license_key == STANDS_IN and share.flexible
            for key in (license_key, *STOOD_IN_FOR) if stands_in else (license_key,):
                yield from ((use, key) for use in share.uses.values() if use.seats.get(key))

    def _share(self, agent: str) -> _Share:
        if agent not in self._shares:
            self._shares[agent] = _Share()
        return self._shares[agent]

    def _lacs_of(self, share: _Share) -> dict[str, None]:
        serials = [share.serial, *(serial for serial, nodes in share.files.items() if nodes)]
        return dict.fromkeys(lac for serial in serials for lac in self._lacs.get(serial, ()))

    def _join(self, new: PurchasePool) -> None:
        pools = self._pools or []
        joined = [pool for pool in pools if not new.lacs.keys().isdisjoint(pool.lacs)]
        for pool in joined:
            new = PurchasePool([*pool.agents, *new.agents], {**pool.lacs, **new.lacs})
        self._pools = [*(pool for pool in pools if pool not in joined), new]
