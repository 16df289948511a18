"""Calls, which outlive their step where they are kept up."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from licensing.errors import LicensingError
from licensing.policies import NS_PER_SECOND
from licensing.words import NODE_PROGRAM
from nodes.administration import CallAnswer, OutsideCall, PlaceCall, ReleaseCall
from runtime.http import Nothing
from simulator.runs.steps.judgments import Judgment, judge, same
from simulator.runs.steps.run_state import RunState
from simulator.scenario import NO_ANSWER, Call, Step


async def _call(running: RunState, step: Call) -> CallAnswer | None:
    """None where no answer is expected, and none comes."""
    node = running.node_with(step.to if step.incoming else step.caller)
    try:
        answer = await _place(running, node, step)
    except LicensingError as error:
        if step.expect != NO_ANSWER or error.code != "connection-failed":
            raise
        judge(running.world, step, [])
        return None
    if answer.call_id:
        running.tasks.create_task(_hang_up(running, node, answer.call_id, step.lasting))
    if step.expectation:
        judge(running.world, step, [_outcome(step, answer)])
    return answer


def _outcome(step: Call, answer: CallAnswer) -> Judgment:
    """The reason counts where one is expected."""
    got = f"{answer.outcome} ({answer.reason})" if answer.reason else answer.outcome
    if step.refused:
        return same("call", step.expectation, got)
    return Judgment("call", step.expectation, got, holds=step.expect == answer.outcome)


async def _place(running: RunState, node: str, step: Call) -> CallAnswer:
    tell = running.admin.tell
    if step.incoming:
        outside = OutsideCall(destination=step.to)
        return await tell(node, NODE_PROGRAM, "/v1/call-from-outside", outside, CallAnswer)
    order = PlaceCall(source=step.caller, destination=step.to)
    return await tell(node, NODE_PROGRAM, "/v1/call", order, CallAnswer)


async def _hang_up(running: RunState, node: str, call_id: str, after_ns: int) -> None:
    if after_ns:
        await asyncio.sleep(after_ns / NS_PER_SECOND)
    order = ReleaseCall(call_id=call_id)
    try:
        await running.admin.tell(node, NODE_PROGRAM, "/v1/release", order, Nothing)
    except LicensingError:
        return  # the host is down, and the call with it


CALL_DOERS: Mapping[type[Step], Callable[[RunState, Any], Awaitable[object]]] = {Call: _call}
