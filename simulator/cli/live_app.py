"""The commands that take real time: real processes, both worlds side by side, and a browser."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from simulator.cli.options.parameters import (
    Clients,
    File,
    FileOrOutput,
    IncludeFrom,
    Job,
    OptionalFiles,
    OutputFile,
    Seed,
    Switch,
    Whole,
    require_file,
)


def live(
    file: File,
    /,
    *,
    rate: float | None = None,
    network: Literal["namespaces", "proxy"] | None = None,
    ipv6: Switch = False,
    no_tls: Switch = False,
    journal: FileOrOutput = None,
    html: OutputFile = None,
    perfetto: OutputFile = None,
    mermaid: OutputFile = None,
    between: tuple[str, str] | None = None,
    json: OutputFile = None,
    junit: OutputFile = None,
    seed: Seed = None,
    include_from: IncludeFrom = (),
    client: Clients = (),
    quiet: Switch = False,
    by_node: Switch = False,
) -> Job:
    """Play a scenario with real processes on real sockets, with real cuts, in accelerated time.

    :param file: A scenario file, the name of one that comes with the product, or - for the
        standard input.
    :param rate: Simulated seconds per real second, from beginning to end; by default fast where
        nothing happens and slow around steps and deadlines.
    :param network: How links are made real; by default namespaces where the computer has them.
    :param ipv6: Give all hosts IPv6 addresses; between namespaces only.
    :param no_tls: Speak plain HTTP between the programs, to watch it with a packet dump.
    :param journal: Write every fact to this file, one JSON line each; - is the standard output.
    :param html: Write the run's page to this file: one that can be mailed and needs no script.
    :param perfetto: Write a trace for Perfetto to this file: states, requests, seats.
    :param mermaid: Write a sequence diagram of what passed between the hosts to this file.
    :param between: The time of the diagram: two instants such as "day 3 07:00" "day 3 09:00".
    :param json: Write what came of the run to this file, in the form that `schema result` prints.
    :param junit: Write what came of all runs to this file as JUnit XML, for CI systems.
    :param seed: Another seed than the scenario's, for the network's jitter.
    :param quiet: The verdict only.
    :param by_node: Say which licenses each node holds, as with `run`.
    """
    from simulator.cli import live_commands  # noqa: PLC0415 - loads everything
    from simulator.cli.named_scenarios import Called  # noqa: PLC0415 - loads everything
    from simulator.cli.options.clients import own_clients  # noqa: PLC0415 - loads everything
    from simulator.cli.options.outputs import Outputs  # noqa: PLC0415 - loads everything
    from simulator.cli.show import Extent  # noqa: PLC0415 - loads everything
    from simulator.live.preview import Wishes  # noqa: PLC0415 - loads everything

    require_file(journal)
    outputs = Outputs(journal, html, perfetto, mermaid, between, json, junit)
    wishes = Wishes(rate=rate, network=network or "", tls=not no_tls, ipv6=ipv6)
    extent = Extent(quiet=quiet, by_node=by_node)
    named = Called([file], include_from, own_clients(client))
    return partial(live_commands.live, named, outputs, wishes, extent, seed=seed)


def compare(
    files: OptionalFiles = (),
    /,
    *,
    rate: float | None = None,
    network: Literal["namespaces", "proxy"] | None = None,
    ipv6: Switch = False,
    no_tls: Switch = False,
    seed: Seed = None,
    include_from: IncludeFrom = (),
    client: Clients = (),
    html: OutputFile = None,
    json: OutputFile = None,
    junit: OutputFile = None,
    results: Annotated[Path | None, Parameter(allow_leading_hyphen=False)] = None,
    list_only: Annotated[bool, Parameter(name="--list", negative=())] = False,
) -> Job:
    """Play scenarios in virtual time and live, and lay the two histories side by side.

    :param files: Scenario files, names of those that come with the product, or - for the
        standard input.
    :param rate: Simulated seconds per real second, from beginning to end; by default fast where
        nothing happens and slow around steps and deadlines.
    :param network: How links are made real; by default namespaces where the computer has them.
    :param ipv6: Give all hosts IPv6 addresses; between namespaces only.
    :param no_tls: Speak plain HTTP between the programs.
    :param seed: Another seed than the scenarios'.
    :param html: Write the page of the simulated run, with all that differs, to this file.
    :param json: Write the result of the simulated run, with all that differs, to this file.
    :param junit: Write what came of all scenarios to this file as JUnit XML, for CI systems.
    :param results: Keep a line for each scenario, network and commit in this file, and play no
        scenario again that has been the same with these programs; --list shows what is missing.
    :param list_only: Only say which scenarios can be compared and how long that takes; by default
        of all that come with the product.
    """
    from simulator.cli import compare_command  # noqa: PLC0415 - loads everything
    from simulator.cli.named_scenarios import Called  # noqa: PLC0415 - loads everything
    from simulator.cli.options.clients import own_clients  # noqa: PLC0415 - loads everything
    from simulator.cli.options.outputs import Outputs  # noqa: PLC0415 - loads everything
    from simulator.live.preview import Wishes  # noqa: PLC0415 - loads everything

    named = Called(files, include_from, own_clients(client))
    wishes = Wishes(rate=rate, network=network or "", tls=not no_tls, ipv6=ipv6)
    if list_only:
        return partial(compare_command.list_comparable, named, wishes, results=results)
    outputs = Outputs(html=html, json=json, junit=junit)
    return partial(
        compare_command.compare_worlds, named, outputs, wishes, seed=seed, results=results
    )


def serve(
    file: File | None = None,
    /,
    *,
    demo: Switch = False,
    port: Whole = 8080,
    rate: float = 0,
    seed: Seed = None,
    include_from: IncludeFrom = (),
) -> Job:
    """Open a scenario's internetwork for a browser: its map and its time, all WBMs.

    :param file: A scenario file, the name of one that comes with the product, or - for the
        standard input.
    :param demo: Licensed already, an hour before anything befalls it; without a file the manual's
        internetwork.
    :param port: Where at 127.0.0.1; 0 is any that is free.
    :param rate: Simulated seconds per real second; 0 is a clock that stands until you let it go.
    :param seed: Another seed than the scenario's.
    """
    from simulator.cli import serve_command  # noqa: PLC0415 - loads everything
    from simulator.cli.named_scenarios import Called  # noqa: PLC0415 - loads everything

    files = [file or Path(serve_command.DEMO)] if file or demo else []
    named = Called(files, include_from)
    return partial(
        serve_command.open_internetwork, named, demo=demo, port=port, rate=rate, seed=seed
    )
