"""A CLA that runs and serves nobody: what its administration socket answers meanwhile (F7, F11).

Its books stay as they are; what it held is held again when it serves.
"""

from collections.abc import Awaitable, Callable

from licensing.agent_requests import SignedRequest
from licensing.enrolment import (
    ENROL_PATH,
    FORGET_PATH,
    NODES_CHANGED_PATH,
    NODES_PATH,
    ForgetNode,
    NodesSeen,
)
from licensing.errors import LicensingError
from licensing.messages import (
    RELICENSING_REQUEST_PATH,
    Activate,
    Activated,
    Enrol,
    LoadLicenseFile,
    Relicense,
)
from licensing.problems import AT_AGENT, LOAD_AT_AGENT
from licensing.records import Record
from runtime.host import Host
from runtime.http import Api


class OutOfService:
    """Everything but a license file, and maybe a relicensing request, is refused for `reason`."""

    def __init__(self, host: Host, reason: LicensingError) -> None:
        self._host = host
        self.reason = reason

    def refusing_api(
        self,
        program: str,
        *,
        load: Callable[[LoadLicenseFile], Awaitable[Activated]],
        request: Callable[[], Awaitable[SignedRequest]] | None = None,
    ) -> Api:
        """The administration socket of `program`."""
        api = Api(program, self._host)
        api.post("/v1/license-file", LoadLicenseFile, load, problems=LOAD_AT_AGENT)
        for path, body in (
            ("/v1/activate", Activate),
            ("/v1/relicense", Relicense),
            (ENROL_PATH, Enrol),
            (FORGET_PATH, ForgetNode),
            (NODES_CHANGED_PATH, NodesSeen),
        ):
            api.post(path, body, self._refuse, problems=AT_AGENT)
        if request:
            api.get(RELICENSING_REQUEST_PATH, request, problems=AT_AGENT)
        else:
            api.get(RELICENSING_REQUEST_PATH, self._refusing, problems=AT_AGENT)
        for path in (NODES_PATH, "/v1/licenses", "/v1/state"):
            api.get(path, self._refusing, problems=AT_AGENT)
        return api

    async def _refuse(self, _: Record) -> Record:
        raise self.reason

    async def _refusing(self) -> Record:
        raise self.reason
