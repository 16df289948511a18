"""The options `--pcap FILE` and `--pcap-of NAME`: the wire as a host or a link sees it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from licensing.wall_time import wall_time_ns
from simulator.cli.options.written_files import WrittenFile
from simulator.cli.show import Player
from simulator.cli.wrong_call import WrongCall
from simulator.network.capture import Capture
from simulator.network.vantage import AtHost, OnLink, Vantage
from simulator.runs.play import Result, play
from simulator.scenario import INTERNET, Scenario
from simulator.scenario.diagnostics import meant
from simulator.worlds.installation import agents_of
from simulator.worlds.run_journal import Reader
from simulator.worlds.simulated import SimulatedWorld


def require_place(path: Path | None, place: str, scenario: Scenario) -> None:
    """Raise `WrongCall` for an unknown place, and where no file is named for what is seen there."""
    if path is None:
        raise WrongCall("--pcap-of says whose view --pcap FILE has: name the file, too")
    _vantage(place, scenario)


@contextmanager
def captured(path: Path, place: str | None, scenario: Scenario) -> Iterator[Player]:
    """What plays as `play` does; what is seen at `place` is in the file afterwards.

    By default that is the host of the first CLA. Raises `WrongCall` where the file cannot be
    written, before anything is played.
    """
    vantage = _vantage(agents_of(scenario)[0] if place is None else place, scenario)
    with WrittenFile("the capture", path) as stream:
        capture = Capture(stream, vantage, epoch_ns=wall_time_ns(scenario.start))
        try:
            yield _Capturing(capture)
        finally:
            capture.end()


def _vantage(place: str, scenario: Scenario) -> Vantage:
    links, hosts = scenario.internetwork.links, (*scenario.internetwork.nodes, INTERNET)
    spelled = place.lower()
    for host in hosts:
        if spelled == host.lower():
            return AtHost(host)
    for name, link in links.items():
        if spelled in {name.lower(), "-".join(reversed(link.ends)).lower()}:
            return OnLink(name)
    known = meant(place, [*hosts, *links])
    raise WrongCall(f"--pcap-of {place}: there is no such host and no such link{known}")


class _Capturing:
    """A player whose wire is seen; the journal's instants say how far it is."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture

    def __call__(
        self, scenario: Scenario, *, seed: int | None = None, readers: Sequence[Reader] = ()
    ) -> Result:
        write: Reader = lambda entry: self._capture.write_to(entry.at)  # noqa: E731
        world = partial(SimulatedWorld, tap=self._capture)
        return play(scenario, seed=seed, readers=[*readers, write], world=world)
