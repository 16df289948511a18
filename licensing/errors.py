"""The error registry: every problem that one party reports to another, once.

`definite` answers the only question a caller must not guess at: after this answer, did the
operation *certainly* not happen?
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from licensing.records import Record

LONGEST_QUOTE = 40
"""Of what somebody has entered a message quotes so many characters."""


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """A row of the registry. `message` and `hint` are templates over the error's details."""

    code: str
    status: int
    definite: bool
    message: str
    hint: str


class LicensingError(Exception):
    """A problem from the registry, with the details that fill its message."""

    def __init__(self, code: str, **details: object) -> None:
        self.kind = ERRORS[code]
        self.details = details
        self._reported: ProblemDetails | None = None
        super().__init__(self.message)

    @classmethod
    def from_problem(cls, problem: "ProblemDetails") -> "LicensingError":
        """The error that another party reported; raises `KeyError` for a code that we do not know."""
        error = cls(problem.type)
        error._reported = problem
        error.args = (problem.detail,)
        return error

    @property
    def code(self) -> str:
        """The registry's code, stable and meant for programs."""
        return self.kind.code

    @property
    def message(self) -> str:
        """What is wrong, in words."""
        if self._reported:
            return self._reported.detail
        return self.kind.message.format_map(_Details(self.details))

    @property
    def hint(self) -> str:
        """What the reader can do about it."""
        if self._reported:
            return self._reported.hint
        return self.kind.hint.format_map(_Details(self.details))


class ProblemDetails(Record):
    """An error on the wire (RFC 9457, `application/problem+json`)."""

    type: str
    title: str
    status: int
    detail: str
    hint: str
    definite: bool


def problem_details(error: LicensingError) -> ProblemDetails:
    """The wire form of `error`."""
    return ProblemDetails(
        type=error.code,
        title=error.code.replace("-", " "),
        status=error.kind.status,
        detail=error.message,
        hint=error.hint,
        definite=error.kind.definite,
    )


class _Details(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"


def _rows(*rows: ErrorKind) -> Mapping[str, ErrorKind]:
    return MappingProxyType({row.code: row for row in rows})


# fmt: off
ERRORS: Mapping[str, ErrorKind] = _rows(
    # Requests
    ErrorKind("request-malformed", 400, True, "The request cannot be read: {reason}.", "Correct the entry, or compare the request with the operation's fields."),
    ErrorKind("request-too-large", 413, True, "The request is larger than {limit} bytes.", "Send less at once."),
    ErrorKind("request-incomplete", 408, True, "The rest of the request did not come within {minutes} minutes.", "Send it at once."),
    ErrorKind("no-such-operation", 404, True, "There is no operation {method} {path} here.", "See GET /v1/openapi.json, which lists all operations."),
    ErrorKind("wrong-method", 405, True, "{method} is not an operation at this address.", "Use {allowed}."),
    ErrorKind("idempotency-key-reused", 422, True, "The idempotency key {key} was given to another request before.", "Use a new key for a new intention, and repeat the old request unchanged."),
    ErrorKind("idempotency-key-busy", 409, True, "The first request with the idempotency key {key} is not answered yet.", "Wait a moment, then repeat."),
    ErrorKind("internal-error", 500, False, "The program failed while it worked on the request.", "See its log; repeat the request with the same request id."),
    ErrorKind("connection-failed", 503, False, "{party} does not answer: {reason}.", "Check the network and the address, then repeat."),
    # Identifiers
    ErrorKind("lac-mistyped", 422, True, "{lac!r} is not a license authorization code: a character is wrong or missing.", "Compare it with the delivery note; O and 0, I and 1 count as the same."),
    ErrorKind("locking-id-malformed", 422, True, "{locking_id!r} is not a Locking ID.", "It looks like 00-1A-E8-4C-00-01, or ALI-... for an Advanced Locking ID."),
    # Central License Server
    ErrorKind("lac-unknown", 404, True, "No order belongs to the license authorization code {lac}.", "Compare it with the delivery note."),
    ErrorKind("lac-used", 409, True, "The license authorization code {lac} is bound to another Locking ID.", "A file for a new Locking ID is issued by rehosting."),
    ErrorKind("order-empty", 422, True, "The order contains no license.", "Order at least a base license."),
    ErrorKind("license-unknown", 422, True, "There is no license called {license!r}.", "See the price list."),
    ErrorKind("locking-id-unregistered", 404, True, "No license file was ever issued for the Locking ID {locking_id}.", "Activate with a license authorization code first."),
    ErrorKind("relicensing-not-required", 409, True, "The central CLA does not report that relicensing is required.", "There is nothing to do: the license file in use is valid."),
    ErrorKind("epoch-unknown", 409, True, "A license file of epoch {epoch} was never issued for this Locking ID.", "Load the newest license file first. Where the central CLA has it, the license server does not: put its newest backup back."),
    ErrorKind("license-file-given-up", 409, True, "The Locking ID {locking_id} has given up its license file: it was {how}.", "Use the Locking ID that it went to; the license server's overview names it."),
    ErrorKind("license-file-superseded", 409, True, "License file {serial} of {locking_id} is not the newest: file {newest} is.", "Download the newest license file and use that."),
    ErrorKind("combine-too-few", 422, True, "There is nothing to combine: only one Locking ID has a license file here.", "Give the license files of at least two nodes."),
    ErrorKind("locking-id-in-use", 409, True, "The Locking ID {locking_id} has a license file of its own.", "Combine the two license files instead; the one that is bound to it stays as it is."),
    ErrorKind("locking-id-foreign", 409, True, "The licenses of the Locking ID {locking_id} do not belong to the same account.", "Compare the Locking ID; all licenses of one Locking ID belong to one account: sign in with that one."),
    ErrorKind("locking-id-unclaimed", 409, True, "The licenses of the Locking ID {locking_id} belong to no account.", "Sign in at the license server's pages and enter a license authorization code that was activated for it before. The licenses are yours then, and you can activate this one."),
    ErrorKind("base-license-missing", 409, True, "There would be no base license for the Locking ID {locking_id}, and all others need it.", "Activate the license authorization code of the base license first."),
    ErrorKind("locking-id-not-yours", 404, True, "None of your license files is bound to the Locking ID {locking_id}.", "See the overview of your license files."),
    ErrorKind("signed-request-invalid", 422, True, "The request of the central CLA cannot be used: {reason}.", "Make a new one at the master's WBM, page Activate."),
    ErrorKind("challenge-unknown", 409, True, "The challenge in the request is not one of this license server, is too old, or was answered before.", "Ask for a challenge, then send the request at once."),
    ErrorKind("agent-key-foreign", 403, True, "The license file of the Locking ID {locking_id} belongs to a central CLA with another key.", "If the CLA has lost its disk, ask for the release of its key at the license server: the owner of the account can do it at the page of the license file, and so can the operator. Then activate with the LAC again."),
    ErrorKind("agent-key-unproven", 403, True, "No key is bound to the Locking ID {locking_id}, and the central CLA does not have its newest license file.", "Download the newest license file at the license server, load it here, then repeat."),
    ErrorKind("relicensing-request-answered", 409, True, "The relicensing request was answered before, with license file {serial}; file {newest} is the newest.", "Make a new request at the master's WBM, page Activate."),
    ErrorKind("customer-unknown", 404, True, "There is no customer called {customer!r}.", "Add the customer first."),
    ErrorKind("customer-exists", 409, True, "There already is a customer called {customer!r}.", "Choose another name."),
    ErrorKind("account-malformed", 422, True, "The account cannot be saved: {reason}.", "Give a name of 1 to 200 characters and a password of at least 8."),
    ErrorKind("sign-in-refused", 401, True, "The name or the password is wrong.", "Compare both with what you were given; capital letters count."),
    ErrorKind("sign-in-too-often", 429, True, "There were too many failed attempts to sign in.", "Wait {wait}, then try again."),
    # Activation
    ErrorKind("registration-missing", 409, True, "The registration data have not been entered.", "Enter them before the online activation (manual 4.3.1)."),
    ErrorKind("registration-incomplete", 422, True, "The registration data lack {field}.", "Enter company and contact."),
    ErrorKind("contact-malformed", 422, True, "The contact {contact!r} is neither an e-mail address nor a telephone number.", "Enter one at which somebody answers, such as it@example.com or +49 89 1234567."),
    ErrorKind("agent-missing", 409, True, "No Customer License Agent is installed on this system's host.", "Make it a slave of a master in the Network Wizard, or install one."),
    ErrorKind("not-master", 409, True, "License files are activated at the master node only; this node is {role}.", "Activate at the master ({master})."),
    ErrorKind("agent-unreachable", 503, False, "The central CLA does not answer.", "Check the CLA on the master's host and the network, then repeat."),
    ErrorKind("license-file-invalid", 422, True, "The license file cannot be used: {reason}.", "Download it again from the license server."),
    ErrorKind("license-file-foreign", 409, True, "The license file is bound to Locking ID {bound_to}; this host has {locking_id}.", "Activate here, or have the file rehosted."),
    ErrorKind("license-file-outdated", 409, True, "License file {serial} is older than file {newest}, which was accepted before.", "Load the newest license file."),
    ErrorKind("license-file-ended", 409, True, "The licenses of {locking_id} ended on {ended}.", "Order new licenses and activate with their license authorization code."),
    ErrorKind("time-not-vouched", 422, True, "The license server's time cannot be used: {reason}.", "Make a new relicensing request at the master's WBM, page Activate."),
    # Sessions
    ErrorKind("message-malformed", 400, True, "The message cannot be read: {reason}.", "Speak the session protocol, version 2."),
    ErrorKind("version-unsupported", 409, True, "The {party} speaks another version of the session protocol, not version {version}.", "Bring the central CLA and its nodes to the same version, the CLA first. A node goes on in its failover period meanwhile."),
    ErrorKind("message-unexpected", 400, True, "The message {message} is not allowed here.", "A session begins with hello."),
    ErrorKind("node-unknown", 403, True, "No node called {node} is enrolled.", "Run the Network Wizard and enrol the node's key."),
    ErrorKind("signature-invalid", 403, True, "The signature is not that of {node}.", "Enrol the node's present key, or look for a replayed or altered hello."),
    ErrorKind("clone-suspected", 403, True, "{node} presents lease {seq}, but has acknowledged lease {acknowledged}.", "Enrol the key of a node that has joined again or lost its disk; else two machines use one identity: stop one."),
    ErrorKind("no-networking-license", 403, True, "No networking license is free for {node}.", "Buy one for each slave; where the internetwork must be relicensed, do that first."),
    ErrorKind("agent-outdated", 409, True, "{node} knows {known}, the CLA only {newest}.", "If the CLA has lost its newest file, activate that file again. If the node comes from another CLA, make it standalone in its Network Wizard, then a slave here."),
    ErrorKind("lease-invalid", 403, True, "This is not a lease of the central CLA: {reason}.", "Reconnect, or enrol again after the CLA's key has changed."),
    ErrorKind("lease-outdated", 409, True, "Lease {seq} is older than lease {newest}.", "Reconnect for the newest."),
    ErrorKind("request-pending", 409, True, "A check and unlock is under way.", "Wait for its answer."),
    ErrorKind("request-reused", 409, True, "Request {request_id} was decided before with other contents.", "Use a new request id for a new demand."),
    ErrorKind("demands-excessive", 429, True, "This node's demands name more than {limit} seats a day.", "Wait; the node keeps what it holds."),
    ErrorKind("agent-busy", 503, True, "The central CLA has too many large demands under way.", "There is nothing to do: the node demands again by itself."),
    # Central CLA
    ErrorKind("agent-clock-set-back", 503, True, "The clock of the CLA's host was set back by {hours} hours.", "The CLA serves no node until the clock is right, or the license server's time agrees with it: it asks for that by itself. Without the Internet load the answer to a relicensing request (F11)."),
    ErrorKind("agent-clock-wrong", 503, True, "The clock of the CLA's host is {off} {direction} the license server's.", "Set the clock right: the CLA serves the nodes again by itself (F11)."),
    ErrorKind("clock-behind-file", 409, True, "The license file was issued on {issued}, which is {off} ahead of the clock of this host.", "Set the clock right, then activate again; nothing is lost."),
    ErrorKind("node-key-differs", 409, True, "{node} is known by another key, {known}; this one is {offered}.", "Say whether the old hardware of {node}, or its disk, is destroyed. If so, its licenses pass to the new key; if not, they stay reserved for the old one until its hold ends."),
    ErrorKind("node-name-taken", 409, True, "{node} and {known}, which is enrolled, differ in capital letters only.", "Give the new node a name of its own. If it is {known} itself, enrol it as {known}."),
    ErrorKind("node-connected", 409, True, "{node} is connected, and can be asked.", "Make it standalone in its Network Wizard. If it is gone, its connection counts as lost within {minutes} minutes: forget it then."),
    ErrorKind("master-indispensable", 409, True, "{node} is the system of this central CLA itself, and cannot be forgotten.", "To end its role as the master use its Network Wizard."),
    ErrorKind("state-damaged", 500, True, "{path} is damaged: {reason}.", "Restore it from a backup, or move it away with the files beside it and activate again."),
    ErrorKind("state-unreachable", 503, False, "{path} cannot be read or written: {reason}.", "Make room on the disk, or give the program its rights to the directory, and start it again. The file is not damaged; leave it where it is."),
    ErrorKind("state-version-unknown", 500, True, "{path} is of another version of this program: {reason}.", "Nothing was changed in it. Start the version that wrote it; an older state goes on by way of each version in between, a newer one only with its own version, or with a backup made before the update."),
    ErrorKind("state-names-alike", 500, True, "Two nodes are enrolled whose names differ in capital letters only: {first} and {second}.", "Nothing was changed. Start the version that wrote this state, and forget one of the two there (page Nodes); then give that node a name of its own, and enrol it with this version."),
    ErrorKind("vendor-key-foreign", 500, True, "The setting vendor_key is {vendor_key}, but the stored license file was signed with {signer}.", "Set vendor_key to the public key of the license server that issues the license files: GET /v1/verification-key."),
    ErrorKind("locking-id-changed", 409, True, "The license file is bound to {bound_to}; this host has {locking_id}.", "Have the file rehosted."),
    # Node
    ErrorKind("master-address-foreign", 422, True, "A {role} system uses the CLA on its own host, not one at {address}.", "Leave the address empty; with that address this node is a slave."),
    ErrorKind("master-address-missing", 422, True, "A slave needs the address of its master, which is another node.", "Enter the IP address of the master."),
    ErrorKind("master-not-cla", 422, True, "What answers at {address} is no central CLA.", "Enter the IP address of the master's host; its central CLA usually listens on port 61740."),
    ErrorKind("master-key-differs", 409, True, "The central CLA at {address} has the key {offered}; this node knows its CLA by the key {known}.", "Compare the address. If the master is another one now, or has lost its disk, say so, and this node trusts the new key."),
    ErrorKind("slaves-licensed", 409, True, "This node stays the master: its central CLA holds licenses for {slaves}.", "Make them standalone or slaves of another master in their Network Wizards; licenses of a node that is cut off are free when its failover period has ended. One that is gone can be forgotten (page Nodes)."),
    ErrorKind("not-configured", 409, True, "This node is not part of an internetwork.", "Run the Network Wizard first."),
    ErrorKind("subscriber-unknown", 404, True, "No subscriber has the call number {number}.", "See the list of subscribers."),
    ErrorKind("trunk-unknown", 404, True, "No trunk is called {trunk}.", "See the list of trunks."),
    ErrorKind("subscriber-refused", 409, True, "{number} cannot be such a subscriber: {reason}.", "Choose another call number or another type."),
    ErrorKind("equipment-unfitting", 409, True, "The stored subscribers do not fit the settings of this node: {reason}.", "Correct the settings and start it again."),
    ErrorKind("license-unsuitable", 409, True, "{license} does not fit {holder}: {reason}.", "See the table of subscriber types and licenses."),
    ErrorKind("license-not-configurable", 409, True, "{license} cannot be assigned to {holder} yet: {reason}.", "Assign the prerequisite first."),
    ErrorKind("license-not-assigned", 409, True, "{license} is not assigned to {holder}.", "There is nothing to take back."),
    ErrorKind("assignments-changed", 409, True, "Somebody else has changed the assignments of {holder} since.", "Look at them as they are now, then change them again."),
    ErrorKind("profile-insufficient", 403, True, "The profile {profile} does not allow this.", "Sign in with the profile {needed}."),
    ErrorKind("channels-exceeded", 422, True, "{trunk} has {channels}, not {quantity}.", "Demand at most the physical channels."),
)
# fmt: on

LEASE_REPLACED = "lease-replaced"
TAKEN_BACK = "taken-back"
LICENSE_ENDED = "license-ended"

REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        LEASE_REPLACED: "it was held under a lease that is not the present one",
        TAKEN_BACK: "the central CLA took it back: there are fewer licenses than were in use",
        LICENSE_ENDED: "the license has ended",
        "too-few-licenses": "no {license} license is free",
        "prerequisite-refused": "a license that {license} requires was refused or is missing",
        "relicensing-required": "the internetwork must be relicensed first",
        "not-activated": "no license file is activated",
        "file-ended": "the license file has ended",
        "no-station-license": "the subscriber has no station license",
        "no-trunk-license": "no licensed channel is free",
        "all-channels-busy": "all channels are busy",
        "emergency-mode": "emergency mode: emergency calls and calls to the attendant only",
        "restricted": "no valid license file: emergency calls and calls to the attendant only",
        "called-party-unlicensed": "the called subscriber has no station license",
        "node-unreachable": "the called subscriber's node does not answer",
        "no-link": "no link leads to the called subscriber's node",
        "no-such-number": "no subscriber has this number",
        "no-trunk": "no trunk leads out of this node",
    }
)
"""Refusals are values, not errors: code and what it means, for demands and calls."""

CALL_REFUSALS = (
    "emergency-mode",
    "restricted",
    "no-station-license",
    "called-party-unlicensed",
    "no-trunk-license",
    "all-channels-busy",
    "no-such-number",
    "no-link",
    "node-unreachable",
)
"""Those of calls that are refused; without a trunk there is no route."""
