"""Which problems the operations of a node answer, by codes of the registry (`licensing.errors`)."""

from licensing.problems import (
    ACTIVATE_AT_AGENT,
    AT_AGENT,
    ENROL_AT_AGENT,
    FORGET_AT_AGENT,
    LOAD_AT_AGENT,
    RELICENSE_AT_AGENT,
)

AT_MASTER = ("not-master", "agent-missing")
UNLOCK = ("request-pending", "agent-unreachable")
_ASKING = ("connection-failed", *AT_MASTER)  # for what the CLA on this host is asked to do
_JOINING = (*_ASKING, *ENROL_AT_AGENT, *UNLOCK)

WIZARD_PROBLEMS = (
    *_JOINING,
    "master-address-foreign",
    "master-address-missing",
    "master-not-cla",
    "master-key-differs",
    "slaves-licensed",
)
LOAD = (*_JOINING, *LOAD_AT_AGENT)
ACTIVATE = (*_JOINING, *ACTIVATE_AT_AGENT, "registration-missing")
ENROL = (*_ASKING, *ENROL_AT_AGENT)
FORGET = (*_ASKING, *FORGET_AT_AGENT)
ASK_AGENT = (*_ASKING, *AT_AGENT)
RELICENSE = (*_ASKING, *RELICENSE_AT_AGENT)

RETYPE = ("subscriber-unknown", "subscriber-refused")
ASSIGN = (
    "subscriber-unknown",
    "license-unsuitable",
    "license-not-configurable",
    "channels-exceeded",
    "message-malformed",
)
UNASSIGN = ("subscriber-unknown", "license-unsuitable", "license-not-assigned")
TICK_EXACTLY = (*ASSIGN, "license-not-assigned", "assignments-changed")
ACCOUNT = ("account-malformed",)
