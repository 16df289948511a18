"""The rules by which facts follow from facts, in words, and the manual's sentence for each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

RULES_IN_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "F1": "a node that has lost its central CLA is in failover, its system telephones say so",
        "F2": "a failover period is at most 30 days from the last request that was answered",
        "F3": "back in time, a node is regular again; what it has used up is up to the policy",
        "F4": "emergency mode ends by a license file of a newer epoch only",
        "F5": "in emergency mode only emergency calls and calls to the attendant go through",
        "F6": "once a period has ended, the internetwork must be relicensed; no demand is granted",
        "F7": "a CLA whose license file is damaged or bound to another Locking ID serves nobody",
        "F9": "seats of a node that cannot be seen stay reserved while it may still use them",
        "F10": "a fresh system has one activation period, of 30 days from the first use of its WBM",
        "F11": "no clock lengthens a period, and a CLA whose clock is wrong serves nobody",
        "F12": "the central CLA refuses a node that is unknown, a copy, or without a license",
        "F13": "with fewer licenses than are in use, those granted latest are given up",
        "F14": "each license ends at the end of its own order, and nothing else does",
        "F16": "the old key of a forgotten or exchanged node keeps its seats until its hold ends",
        "F17": "a break that is redialed within five minutes is no interruption",
        "F18": "a license file is given to its owner only",
        "O10": "what was bought once is counted once, whatever files and systems use it",
        "A12": "where a stored state cannot be trusted, the worst case counts",
        "domain 1": "a license file fits one Locking ID, and is issued for what was bought",
        "domain 2": "a user-oriented license needs its station license and its prerequisites",
        "domain 3": "check and unlock licenses what is ticked, as far as licenses are free",
        "domain 4": "one license file for the whole internetwork, at the master's central CLA",
        "decision 2": "after a restart that contact counts which was written down last, every 6 h",
        "flexible licensing": "an IP license stands in where a kind has none of its own left",
    }
)
"""By number; the pages of the rules have each in full."""

_FAILS = (
    "If the connection to the master node and thus to the central CLA fails, the message"
    " 'Failover Period' appears on the displays of the system telephones."
)
_NOT_RESOLVED = (
    "If the network problems cannot be resolved within the failover period, the nodes switch to"
    " operating in emergency mode."
)
_RESTORED = (
    "Once the network problems have been resolved and the connection to the central CLA is"
    " restored, all nodes revert to the regular license status."
)
_RELICENSED = "The entire internetwork will then need to be relicensed."
_TOGETHER = (
    "Together with the LAC, the Locking ID of the communication system is used for license"
    " activation."
)

MANUAL: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "F1": ("4.4", _FAILS),
        "F2": ("4.4", _NOT_RESOLVED),
        "F3": ("4.4", _RESTORED),
        "F4": ("4.4", _RELICENSED),
        "F6": ("4.4", _RELICENSED),
        "domain 1": ("4.3.1", _TOGETHER),
        "domain 4": ("4.4", "The network license file is stored in the central CLA"),
    }
)
"""Section and sentence, by the rule that it became."""
