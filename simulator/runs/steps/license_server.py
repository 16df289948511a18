"""What is done at the license server: orders, and the offline way (manual 4.3.1, 4.4)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from license_server import administration
from licensing.messages import (
    CLS_ACTIVATE_PATH,
    CLS_REISSUE_PATH,
    ActivateAtServer,
    IssuedAnswer,
    IssuedFile,
)
from licensing.records import Record
from licensing.words import CLS_PROGRAM
from simulator.runs.steps.run_state import RunState, entered
from simulator.scenario import (
    INTERNET,
    Combine,
    Issue,
    Purchase,
    Rehost,
    ReleaseAgentKey,
    RelicenseByFile,
    Step,
)
from simulator.worlds.preparations import place_order


async def _purchase(running: RunState, step: Purchase) -> None:
    for name, order in step.orders.items():
        running.lacs[name] = await place_order(
            order, running.scenario, running.world, running.admin
        )


async def _issue(running: RunState, step: Issue) -> None:
    request = ActivateAtServer(
        lac=running.lac(step.lac),
        locking_id=running.locking_id(step.system),
        registration=entered(step.registration),
    )
    running.files[step.file] = await _download(running, CLS_ACTIVATE_PATH, request)


async def _combine(running: RunState, step: Combine) -> None:
    request = administration.Combine(
        license_files=[running.file(name) for name in step.files],
        locking_id=running.locking_id(step.system),
    )
    running.files[step.file] = await _download(running, administration.COMBINE_PATH, request)


async def _rehost(running: RunState, step: Rehost) -> None:
    request = administration.Rehost(
        locking_id=running.bound_to.get(step.source) or running.locking_id(step.source),
        new_locking_id=running.locking_id(step.system),
    )
    running.files[step.file] = await _download(running, administration.REHOST_PATH, request)


async def _relicense_by_file(running: RunState, step: RelicenseByFile) -> None:
    tell, request = running.admin.tell, running.request(step.request)
    issued = await tell(INTERNET, CLS_PROGRAM, CLS_REISSUE_PATH, request, IssuedAnswer)
    running.files[step.file] = issued.answer


async def _release_key(running: RunState, step: ReleaseAgentKey) -> None:
    release = administration.ReleaseKey(locking_id=running.locking_id(step.system))
    path, released = administration.RELEASE_KEY_PATH, administration.KeyReleased
    await running.admin.tell(INTERNET, CLS_PROGRAM, path, release, released)


async def _download(running: RunState, path: str, request: Record) -> str:
    issued = await running.admin.tell(INTERNET, CLS_PROGRAM, path, request, IssuedFile)
    return issued.license_file


SERVER_DOERS: Mapping[type[Step], Callable[[RunState, Any], Awaitable[object]]] = {
    Purchase: _purchase,
    Issue: _issue,
    Combine: _combine,
    Rehost: _rehost,
    RelicenseByFile: _relicense_by_file,
    ReleaseAgentKey: _release_key,
}
