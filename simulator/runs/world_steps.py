"""Every step of the scenario language as a method, for scripts and tests."""

from nodes.administration import CallAnswer
from simulator.runs.technician_steps import TechnicianSteps
from simulator.scenario import (
    UP,
    Bandwidth,
    Call,
    CallUp,
    ClockStep,
    Crash,
    Cut,
    CutOneWay,
    Disk,
    Drop,
    Expect,
    Fail,
    Freeze,
    Heal,
    Latency,
    Loss,
    Refuse,
    Repair,
    ReplaceHardware,
    Reset,
    Start,
    Thaw,
    bandwidth,
    duration,
)


class WorldSteps(TechnicianSteps):
    """Each method makes a step of its arguments, which are written as in a scenario file.

    Methods raise `LicensingError` where a program refuses, `Unexpected` where an expectation does
    not hold, `ValueError` for a name that the scenario does not have.
    """

    async def cut(self, link: str) -> None:
        """Cut a link in both directions."""
        await self.perform(Cut(link=link))

    async def cut_one_way(
        self, source: str, destination: str | None = None, *, link: str | None = None
    ) -> None:
        """Cut one direction of the link that leads to `destination`, or of the one named."""
        await self.perform(CutOneWay(from_host=source, to_host=destination, link=link))

    async def drop(self, link: str) -> None:
        """Lose what is sent over a link for good, until it is healed."""
        await self.perform(Drop(link=link))

    async def refuse(self, link: str) -> None:
        """Refuse new connections over a link until it is healed."""
        await self.perform(Refuse(link=link))

    async def reset(self, link: str) -> None:
        """Reset the connections that are open over a link."""
        await self.perform(Reset(link=link))

    async def heal(self, link: str) -> None:
        """Heal a link in both directions."""
        await self.perform(Heal(link=link))

    async def fail(self, transit: str) -> None:
        """A router or a cloud fails."""
        await self.perform(Fail(transit=transit))

    async def repair(self, transit: str) -> None:
        """A router or a cloud that failed works again."""
        await self.perform(Repair(transit=transit))

    async def latency(self, link: str, to: str) -> None:
        """Give a link another latency, such as `200 ms`."""
        await self.perform(Latency(link=link, to=duration(to)))

    async def bandwidth(self, link: str, to: str) -> None:
        """Give a link another bandwidth, such as `64 kbit/s`."""
        await self.perform(Bandwidth(link=link, to=bandwidth(to)))

    async def loss(self, link: str, percent: int) -> None:
        """Lose that much of what open connections send over a link."""
        await self.perform(Loss(link=link, percent=percent))

    async def crash(self, node: str) -> None:
        """The power of a node's host fails."""
        await self.perform(Crash(node=node))

    async def start(self, node: str) -> None:
        """The power is back; programs that had ended start again."""
        await self.perform(Start(node=node))

    async def freeze(self, node: str) -> None:
        """All programs of a node's host stall."""
        await self.perform(Freeze(node=node))

    async def thaw(self, node: str) -> None:
        """The programs of a frozen host go on."""
        await self.perform(Thaw(node=node))

    async def clock(self, node: str, by: str) -> None:
        """Set a host's wall clock, such as `-1 h`."""
        sign = -1 if by.startswith("-") else 1
        await self.perform(ClockStep(node=node, by=sign * duration(by.lstrip("+-").strip())))

    async def replace_hardware(self, node: str, locking_id: str) -> None:
        """Another mainboard with the same disk, and with it another Locking ID."""
        await self.perform(ReplaceHardware(node=node, locking_id=locking_id))

    async def disk(
        self, node: str, state: str | None = None, *, restored_from: str | None = None
    ) -> None:
        """The disk of a node's host is `lost`, `full` or `freed`, or has what `back_up` kept.

        `restored_from` is the instant of the backup, such as `day 3 08:00`.
        """
        step = {"node": node, "is": state, "restored_from": restored_from}
        await self.perform(Disk.model_validate({k: v for k, v in step.items() if v is not None}))

    async def call(
        self,
        source: str,
        destination: str,
        *,
        expect: str | None = None,
        refused: str | None = None,
        lasting: str = "0 s",
    ) -> CallAnswer | None:
        """Place a call and keep it up for `lasting`; `source` may be `outside`.

        `refused` is the reason for which it must be refused. None where `expect` is `no answer`,
        and there is none.
        """
        step = Call(
            caller=source,
            to=destination,
            expect=expect,
            refused=refused,
            lasting=duration(lasting),
        )
        answer = await self.perform(step)
        assert answer is None or isinstance(answer, CallAnswer)
        return answer

    async def expect(self, node: str = "all", **wanted: object) -> None:
        """What must hold now, by the keys of the step: `state="failover", licensed={"tdm": 10}`.

        Raises `Unexpected`.
        """
        await self.perform(Expect.model_validate({"node": node, **wanted}))

    async def expect_display(self, number: str, display: str) -> None:
        """What the telephone of a subscriber must show now; raises `Unexpected`."""
        await self.perform(Expect(number=number, display=display))

    async def expect_call(self, source: str, destination: str, state: str = UP) -> None:
        """Whether a call must be `up` now, or `over`; raises `Unexpected`."""
        await self.perform(Expect(call=CallUp(caller=source, to=destination, state=state)))
