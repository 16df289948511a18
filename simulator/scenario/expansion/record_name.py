"""Where a scenario names a record of outages: `reliability: {outages: outages.csv}`."""

from simulator.scenario.document import Piece

RELIABILITY, OUTAGES = "reliability", "outages"


def record_name(root: Piece) -> Piece | None:
    """The name of the file; None where there is none."""
    reliability = root.child(RELIABILITY)
    return reliability.child(OUTAGES) if reliability else None
