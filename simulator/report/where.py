"""Where something happened: what sentences leave to a column, a lane, or a name before them."""

from licensing import events
from licensing.events import Entry
from simulator.report.sentences import sentence


def where_of(entry: Entry) -> str:
    """A link, a router or cloud, else the host; "" for what is about the whole run."""
    match entry.fact:
        case (
            events.LinkCut(link=name)
            | events.LinkHealed(link=name)
            | events.LinkFaulted(link=name)
            | events.LatencyChanged(link=name)
            | events.BandwidthChanged(link=name)
            | events.LossChanged(link=name)
            | events.TransitFailed(name=name)
            | events.TransitRepaired(name=name)
            | events.NothingChanged(where=name)
        ):
            return name
    return "" if entry.host == "world" else entry.host


def told_where(entry: Entry) -> str:
    """`mpls: repaired`, for readers without a column for the place."""
    words = sentence(entry.fact)
    where = where_of(entry)
    return f"{where}: {words}" if where else words
