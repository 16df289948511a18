"""The forms of the pages, and the operation of the license server behind each.

A form that was sent twice leads twice to the same license file: the operations see to that.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from license_server.administration import Combine, Rehost, ReleaseKey
from license_server.moves import RISK
from license_server.operations import LicenseServer
from license_server.signed_requests import carried
from licensing.agent_requests import RelicensingRequest, read_carried_request, read_request
from licensing.errors import LicensingError
from licensing.license_file import LicenseFile
from licensing.messages import ActivateAtServer, Registration
from runtime.pages.entries import Entries
from runtime.pages.site import Notice

ServerSubmit = Callable[[LicenseServer, Entries, str], Awaitable[str]]
"""Does what was entered; answers the Locking ID whose license file is shown afterwards."""
_LONGEST_FILE_NAME = 80


@dataclass(frozen=True, slots=True)
class ServerForm:
    """A form at `path`. `submit` gets its entries and the customer; `done` says what it did."""

    path: str
    template: str
    fields: tuple[str, ...]
    done: str
    submit: ServerSubmit


async def _activate(server: LicenseServer, entries: Entries, customer: str) -> str:
    registration = Registration(company=entries.one("company"), contact=entries.one("contact"))
    request = ActivateAtServer(
        lac=entries.one("lac"), locking_id=entries.one("locking_id"), registration=registration
    )
    return server.read((await server.activate(request, customer)).license_file).locking_id


async def _combine(server: LicenseServer, entries: Entries, customer: str) -> str:
    request = Combine(license_files=entries.all("document"), locking_id=entries.one("locking_id"))
    return server.read((await server.combine(request, customer)).license_file).locking_id


async def _rehost(server: LicenseServer, entries: Entries, customer: str) -> str:
    request = Rehost(
        locking_id=entries.one("locking_id"), new_locking_id=entries.one("new_locking_id")
    )
    return server.read((await server.rehost(request, customer)).license_file).locking_id


async def _relicense(server: LicenseServer, entries: Entries, customer: str) -> str:
    signed = read_carried_request(entries.one("request"))
    await carried(server, signed, customer)
    return read_request(signed, RelicensingRequest).locking_id


async def _release_key(server: LicenseServer, entries: Entries, customer: str) -> str:
    request = ReleaseKey(locking_id=entries.one("locking_id"))
    return (await server.release_key(request, customer)).locking_id


_ACTIVATION_FIELDS = ("lac", "locking_id", "company", "contact")
SERVER_FORMS: Mapping[str, ServerForm] = {
    form.path: form
    for form in (
        ServerForm("/activate", "activate.html", _ACTIVATION_FIELDS, "activated", _activate),
        ServerForm("/relicense", "relicense.html", ("request",), "relicensed", _relicense),
        ServerForm("/combine", "combine.html", ("locking_id", "document"), "combined", _combine),
        ServerForm("/rehost", "rehost.html", ("locking_id", "new_locking_id"), "rehosted", _rehost),
        ServerForm("/release-key", "release_key.html", ("locking_id",), "released", _release_key),
    )
}

DONE: Mapping[str, Notice] = {
    "activated": Notice("The license file is made."),
    "combined": Notice(
        f"The license files are combined. The other Locking IDs have given up theirs. {RISK}"
    ),
    "relicensed": Notice(
        "The relicensing request is answered. Download the answer and load it at the master's WBM."
    ),
    "released": Notice(
        "The key is released. The next Customer License Agent that activates with a LAC of this"
        " Locking ID gets the license file."
    ),
    "rehosted": Notice(f"The license file is rehosted. The old Locking ID has given it up. {RISK}"),
}
"""What a form has done, by its `done`."""


def take_request(entries: Entries) -> None:
    """Keep an uploaded relicensing request as an entry."""
    for _, text in entries.uploads:
        entries.add("request", text)
    entries.uploads.clear()


def take_documents(server: LicenseServer, entries: Entries) -> LicensingError | None:
    """Keep the license files among `entries`, uploaded ones as entries like those that were chosen.

    Returns what is wrong with one that is none.
    """
    presented = [("", text) for text in entries.all("document")] + entries.uploads
    entries.drop("document")
    entries.uploads.clear()
    problem = None
    for name, text in presented:
        try:
            server.read(text)
            entries.add("document", text)
        except LicensingError as error:
            place = f"{name[:_LONGEST_FILE_NAME]}: " if name else ""
            reason = f"{place}{error.details['reason']}"
            problem = LicensingError("license-file-invalid", reason=reason)
    return problem


def documents_to_choose(
    server: LicenseServer, entries: Entries, customer: str
) -> list[tuple[LicenseFile, str]]:
    """The customer's license files in force, then further ones that were uploaded."""
    systems = server.holdings(customer).systems
    own = [server.license_file(each.locking_id, customer) for each in systems if each.in_force]
    known = {document for _, document in own}
    uploaded = [text for text in entries.all("document") if text not in known]
    return own + [(server.read(text), text) for text in uploaded]


def prefill(server: LicenseServer, entries: Entries, customer: str) -> None:
    """Enter the registration data of the customer's newest license file where there are none."""
    registrations = [
        (system.newest.serial, system.registration)
        for system in server.holdings(customer).systems
        if system.newest and system.registration
    ]
    if registrations:
        _, newest = max(registrations, key=lambda known: known[0])
        entries.add("company", newest.company)
        entries.add("contact", newest.contact)


def field_at_fault(problem: LicensingError, entries: Entries, form: ServerForm) -> str:
    """The field that a problem is about, "" where it is about none."""
    if problem.code.startswith("lac-"):
        return "lac"
    if "field" in problem.details:
        return str(problem.details["field"])
    named = str(problem.details.get("locking_id", ""))
    typed = [field for field in form.fields if field.endswith("locking_id")]
    return next((field for field in typed if _canonical(entries.one(field)) == named.upper()), "")


def _canonical(locking_id: str) -> str:
    return locking_id.strip().upper()[:40]
