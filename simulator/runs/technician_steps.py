"""What a technician does at a WBM or at the license server, as methods for scripts and tests."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from licensing.words import Role
from simulator.scenario import (
    Activate,
    AddSubscriber,
    Assign,
    Combine,
    DeleteSubscriber,
    Forget,
    Issue,
    Purchase,
    Reconfigure,
    Registration,
    Rehost,
    ReleaseAgentKey,
    Relicense,
    RelicenseByFile,
    RequestRelicensing,
    RetypeSubscriber,
    RunWizard,
    Step,
    Unassign,
    Unlock,
    UploadLicenseFile,
)


class TechnicianSteps(ABC):
    """Each method makes a step of its arguments; see `simulator.scenario` for what they mean.

    Methods raise `LicensingError` where a program refuses, `ValueError` for a name that the
    scenario does not have.
    """

    @abstractmethod
    async def perform(self, step: Step) -> object:
        """Do what a step says."""

    async def activate(self, node: str, lac: str, registration: Registration) -> None:
        """Enter the registration data and activate online what the order `lac` bought."""
        await self.perform(Activate(node=node, lac=lac, registration=registration))

    async def relicense(self, node: str) -> None:
        """Fetch and activate a newly issued network file (F4)."""
        await self.perform(Relicense(node=node))

    async def relicensing_request(self, node: str, request: str) -> None:
        """Download a relicensing request at the master, to be carried; call it `request` (F15)."""
        await self.perform(RequestRelicensing(node=node, request=request))

    async def relicense_by_file(self, request: str, file: str) -> None:
        """At the license server: bring a relicensing request, call the answer `file`."""
        await self.perform(RelicenseByFile(request=request, file=file))

    async def release_key(self, system: str) -> None:
        """At the license server: forget the key of the CLA that a Locking ID is bound to (F18)."""
        await self.perform(ReleaseAgentKey(system=system))

    async def unlock(self, node: str = "all") -> list[str]:
        """Check and unlock; the first time, all that the scenario lists is ticked before.

        Returns the nodes whose demand is not sent, or waits for its answer (F8).
        """
        open_demands = await self.perform(Unlock(node=node))
        assert isinstance(open_demands, list)
        return open_demands

    async def assign(self, number: str, license_key: str) -> None:
        """Tick a license."""
        await self.perform(Assign(number=number, license=license_key))

    async def unassign(self, number: str, license_key: str) -> None:
        """Take a tick back."""
        await self.perform(Unassign(number=number, license=license_key))

    async def assign_channels(self, trunk: str, channels: int, node: str | None = None) -> None:
        """Tick so many channels of a trunk; `node` where several have one of that name."""
        await self.perform(Assign(trunk=trunk, channels=channels, node=node))

    async def unassign_channels(self, trunk: str, node: str | None = None) -> None:
        """Take the tick of all channels of a trunk back."""
        await self.perform(Unassign(trunk=trunk, node=node))

    async def assign_to_node(self, node: str, license_key: str) -> None:
        """Tick a system license."""
        await self.perform(Assign(node=node, license=license_key))

    async def unassign_from_node(self, node: str, license_key: str) -> None:
        """Take the tick of a system license back."""
        await self.perform(Unassign(node=node, license=license_key))

    async def purchase(self, orders: Mapping[str, object]) -> None:
        """At the license server: place orders, by name as under `purchase` of a scenario file."""
        await self.perform(Purchase.model_validate({"orders": dict(orders)}))

    async def issue(self, lac: str, system: str, registration: Registration, file: str) -> None:
        """At the license server: enter LAC and Locking ID, download the file, call it `file`."""
        await self.perform(Issue(lac=lac, system=system, registration=registration, file=file))

    async def combine(self, files: Sequence[str], system: str, file: str) -> None:
        """At the license server: one network license file of several nodes' files."""
        await self.perform(Combine(files=tuple(files), system=system, file=file))

    async def rehost(self, source: str, system: str, file: str) -> None:
        """At the license server: bind a file to another Locking ID."""
        await self.perform(Rehost(source=source, system=system, file=file))

    async def upload_license_file(self, node: str, file: str) -> None:
        """Offline activation with the license file that was called `file`."""
        await self.perform(UploadLicenseFile(node=node, file=file))

    async def add_subscriber(self, node: str, number: str, kind: str) -> None:
        """A new subscriber of a type such as `ip-hfa`, without licenses."""
        await self.perform(AddSubscriber(node=node, number=number, type=kind))

    async def delete_subscriber(self, number: str) -> None:
        """A subscriber goes; the licenses are released."""
        await self.perform(DeleteSubscriber(number=number))

    async def retype_subscriber(self, number: str, to: str) -> None:
        """A call number becomes another type; licenses that do not fit it are released."""
        await self.perform(RetypeSubscriber(number=number, to=to))

    async def wizard(
        self, node: str, role: str, master: str | None = None, *, destroyed: bool | None = None
    ) -> None:
        """Network Wizard, with the enrolment at the CLA that the node uses from then on.

        `destroyed` answers whether the hardware of a former key is that (F16).
        """
        step = RunWizard(node=node, role=Role(role), master=master, destroyed=destroyed)
        await self.perform(step)

    async def forget(
        self, node: str, *, destroyed: bool = False, master: str | None = None
    ) -> None:
        """At the master: a node that cannot be asked is let in no more (F16)."""
        await self.perform(Forget(node=node, destroyed=destroyed, master=master))

    async def reconfigure(self, node: str, **changes: str) -> None:
        """Change the configuration of a virtual S, such as `dns_server="10.0.0.54"`."""
        await self.perform(Reconfigure.model_validate({"node": node, **changes}))
