"""What is answered by operations that one party passes on to another, by codes of the registry.

A party names the problems of its own operations where it offers them; here stand those that also
reach the callers of others. Problems of every operation are nowhere named.
"""

REGISTRATION = ("registration-incomplete", "contact-malformed")
"""Registration data are not entered correctly (manual 4.3.1)."""

ACTIVATE_AT_SERVER = (
    "lac-mistyped",
    "locking-id-malformed",
    *REGISTRATION,
    "lac-unknown",
    "lac-used",
    "locking-id-foreign",
    "locking-id-unclaimed",
    "license-file-given-up",
    "license-file-ended",
    "base-license-missing",
)
"""The license server issues a file for a LAC (manual 4.3.1)."""

OF_AGENT_KEYS = ("agent-key-foreign", "agent-key-unproven", "signed-request-invalid")
"""A CLA proves to the license server that a license file is its own (F18)."""

REISSUE_AT_SERVER = (
    *OF_AGENT_KEYS,
    "locking-id-malformed",
    "locking-id-unregistered",
    "license-file-given-up",
    "relicensing-request-answered",
    "epoch-unknown",
    "license-file-ended",
    "base-license-missing",
)
"""The license server answers a relicensing request (F4, F15)."""

OF_SETTINGS = frozenset({"vendor-key-foreign"})
"""A program's settings are wrong: another start does not make them right."""

AT_AGENT = (
    "agent-clock-set-back",
    "agent-clock-wrong",
    "state-damaged",
    "state-unreachable",
    "locking-id-changed",
    "agent-unreachable",
)
"""A CLA that ends itself, that waits for a license file (F7, F11), or that just took one."""

ENROL_AT_AGENT = (*AT_AGENT, "node-key-differs", "node-name-taken")
"""A CLA makes a node known (F16)."""

FORGET_AT_AGENT = (*AT_AGENT, "node-unknown", "node-connected", "master-indispensable")
"""A CLA forgets a node (F16)."""

LOAD_AT_AGENT = (
    *AT_AGENT,
    "license-file-invalid",
    "license-file-foreign",
    "license-file-outdated",
    "clock-behind-file",
    "time-not-vouched",
    "base-license-missing",
)
"""A CLA accepts a license file, or does not (F12)."""

_ASKED_BY_AGENT = (*LOAD_AT_AGENT, *OF_AGENT_KEYS, "challenge-unknown", "connection-failed")
ACTIVATE_AT_AGENT = (*_ASKED_BY_AGENT, *ACTIVATE_AT_SERVER)
RELICENSE_AT_AGENT = (*_ASKED_BY_AGENT, *REISSUE_AT_SERVER, "relicensing-not-required")
