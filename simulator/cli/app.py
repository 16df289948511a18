"""The command line: what can be asked, and the exit statuses. The doing is in `commands`.

Exit status 0: everything holds; 1: an expectation or invariant does not; 2: the scenario or the
call is wrong. A command loads what it needs, which may take long, and returns what is to be done.
"""

import errno
import gc
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter

from internetsim import interruptions
from simulator.cli import explore_app, journal_app, plan_app
from simulator.cli.parameters import (
    File,
    FileOrOutput,
    Files,
    IncludeFrom,
    Job,
    Jobs,
    OptionalFiles,
    OutputFile,
    Seed,
    Switch,
    require_file,
)
from simulator.cli.wrong_call import WrongCall

_WRONG = 2
_CLOSED_PIPE = 141
_UNWRITABLE = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG)


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - reads the disk

    return version("internetsim")


app = App(
    name="internetsim",
    help="Plays scenarios of telephone-system licensing, on the nodes' real code in virtual time.",
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
    version=_version,
    error_formatter=lambda error: f"internetsim: {error}\nTry `internetsim --help`.",
)


@app.command
def run(
    files: Files,
    /,
    *,
    journal: FileOrOutput = None,
    html: OutputFile = None,
    perfetto: OutputFile = None,
    mermaid: OutputFile = None,
    between: tuple[str, str] | None = None,
    json: OutputFile = None,
    junit: OutputFile = None,
    pcap: OutputFile = None,
    pcap_of: str | None = None,
    jobs: Jobs = 1,
    seed: Seed = None,
    include_from: IncludeFrom = (),
    quiet: Switch = False,
    by_node: Switch = False,
    verify_determinism: Switch = False,
) -> Job:
    """Play scenarios and judge them: timeline, license table, verdict.

    :param files: Scenario files, folders of them, names of those that come with the product, or -
        for the standard input. Of a folder's runs the verdicts alone are shown.
    :param journal: Write every fact to this file, one JSON line each; - is the standard output,
        and then everything else goes to the standard error.
    :param html: Write the run's page to this file: one that can be mailed and needs no script.
    :param perfetto: Write a trace for Perfetto to this file: states, requests, seats.
    :param mermaid: Write a sequence diagram of what passed between the hosts to this file.
    :param between: The time of the diagram: two instants such as "day 3 07:00" "day 3 09:00".
    :param json: Write what came of the run to this file, in the form that `schema result` prints.
    :param junit: Write what came of all runs to this file as JUnit XML, for CI systems.
    :param pcap: Write the packets that are seen from one place to this file, for Wireshark.
    :param pcap_of: Which host or link that is; by default the host of the first CLA.
    :param jobs: Play so many scenarios at once, each in a process of its own.
    :param seed: Another seed than the scenario's.
    :param quiet: The verdict only.
    :param by_node: Say which licenses each node holds, even where there are too many nodes to stand
        beside the sums.
    :param verify_determinism: Play it a second time in a fresh process with another hash seed,
        and compare all facts.
    """
    from simulator.cli import commands  # noqa: PLC0415 - loads everything
    from simulator.cli.named_scenarios import Called  # noqa: PLC0415 - loads everything
    from simulator.cli.outputs import Outputs  # noqa: PLC0415 - loads everything
    from simulator.cli.show import Extent  # noqa: PLC0415 - loads everything

    require_file(journal)
    outputs = Outputs(journal, html, perfetto, mermaid, between, json, junit, pcap, pcap_of)
    extent = Extent(quiet=quiet, by_node=by_node)
    named = Called(files, include_from)
    return partial(
        commands.run, named, outputs, extent, seed=seed, verify=verify_determinism, jobs=jobs
    )


@app.command
def check(files: Files, /, *, expanded: Switch = False, include_from: IncludeFrom = ()) -> Job:
    """Read scenarios, and report every error and warning without playing them.

    :param files: Scenario files, names of those that come with the product, or - for the
        standard input.
    :param expanded: Print the plain scenario in place of warnings: all files included, all sites
        and steps written out.
    """
    from simulator.cli import scenario_commands  # noqa: PLC0415 - loads the language
    from simulator.cli.named_scenarios import Called  # noqa: PLC0415 - loads everything

    return partial(scenario_commands.check, Called(files, include_from), expanded=expanded)


@app.command(name="import")
def import_(
    file: File,
    /,
    *,
    master: str = "",
    like: str = "",
) -> Job:
    """Print a scenario made of a network that another tool has drawn, and say what was assumed.

    :param file: GraphML, a list of sites as CSV, or a topology of containerlab; - is the standard
        input.
    :param master: The site that is to be the master; by default the one whose lines carry most, or
        the best connected one.
    :param like: The site whose equipment all those get of which the file does not say what stands
        there; by default a small X3 with ten stations and one trunk.
    """
    from simulator.cli import topology_commands  # noqa: PLC0415 - loads everything

    return partial(topology_commands.import_network, file, master=master, like=like)


@app.command
def export(
    file: File,
    /,
    *,
    graphml: Switch = False,
    mermaid: Switch = False,
    include_from: IncludeFrom = (),
) -> Job:
    """Print the internetwork of a scenario for other tools.

    :param file: A scenario file, the name of one that comes with the product, or - for the
        standard input.
    :param graphml: As GraphML, which `import` makes the same internetwork of again.
    :param mermaid: As a flowchart for Mermaid.
    """
    from simulator.cli import topology_commands  # noqa: PLC0415 - loads everything
    from simulator.cli.named_scenarios import Called  # noqa: PLC0415 - loads everything

    _require_one(graphml, mermaid)
    return partial(topology_commands.export, Called([file], include_from), graphml=graphml)


@app.command
def schema(of: Literal["scenario", "result", "plan", "comparison"] = "scenario", /) -> Job:
    """Print the JSON Schema of scenario files, for editors, or of what `--json` writes.

    :param of: Of which of them: `result` is that of a run, `plan` that of `plan risk`, `comparison`
        that of `plan compare`.
    """
    from simulator.cli import scenario_commands  # noqa: PLC0415 - loads the language

    return partial(scenario_commands.schema, of)


@app.command
def openapi(api: Literal["node", "cla", "cls", "cls-public"], /) -> Job:
    """Print the OpenAPI document of a program's API.

    :param api: The administration API of a node, a CLA or the license server, or what the license
        server offers in public.
    """
    from simulator.cli import commands  # noqa: PLC0415 - loads everything

    return partial(commands.openapi, api)


@app.command
def scenarios() -> Job:
    """List the scenarios that come with the product."""
    from simulator.cli import scenario_commands  # noqa: PLC0415 - loads the language

    return partial(scenario_commands.scenarios)


@app.command
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
    quiet: Switch = False,
    by_node: Switch = False,
) -> Job:
    """Play a scenario with real processes on real sockets, with real cuts, in accelerated time.

    :param file: A scenario file, the name of one that comes with the product, or - for the
        standard input.
    :param rate: Simulated seconds per real second, from beginning to end; by default fast where
        nothing happens and slow around steps and deadlines.
    :param network: How links are made real; by default namespaces where they are to be had.
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
    from simulator.cli.outputs import Outputs  # noqa: PLC0415 - loads everything
    from simulator.cli.show import Extent  # noqa: PLC0415 - loads everything
    from simulator.live.preview import Wishes  # noqa: PLC0415 - loads everything

    require_file(journal)
    outputs = Outputs(journal, html, perfetto, mermaid, between, json, junit)
    wishes = Wishes(rate=rate, network=network or "", tls=not no_tls, ipv6=ipv6)
    extent = Extent(quiet=quiet, by_node=by_node)
    named = Called([file], include_from)
    return partial(live_commands.live, named, outputs, wishes, extent, seed=seed)


@app.command
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
    :param network: How links are made real; by default namespaces where they are to be had.
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
    from simulator.cli.outputs import Outputs  # noqa: PLC0415 - loads everything
    from simulator.live.preview import Wishes  # noqa: PLC0415 - loads everything

    named = Called(files, include_from)
    wishes = Wishes(rate=rate, network=network or "", tls=not no_tls, ipv6=ipv6)
    if list_only:
        return partial(compare_command.list_comparable, named, wishes, results=results)
    outputs = Outputs(html=html, json=json, junit=junit)
    return partial(
        compare_command.compare_worlds, named, outputs, wishes, seed=seed, results=results
    )


@app.command
def serve(
    file: File | None = None,
    /,
    *,
    demo: Switch = False,
    port: int = 8080,
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


def _require_one(graphml: bool, mermaid: bool) -> None:
    if graphml == mermaid:
        raise WrongCall("export takes one of --graphml and --mermaid")


def _as_path(argument: str) -> str:
    """The standard input by the name of a path, for the word - alone looks like an option."""
    return "./-" if argument == "-" else argument


journal_app.register(app)
explore_app.register(app)
plan_app.register(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    try:
        job = app(
            list(map(_as_path, sys.argv[1:] if arguments is None else arguments)),
            exit_on_error=False,
            result_action="return_value",
        )
        gc.freeze()
        gc.enable()
        with interruptions.tidied_up():
            status = job() if job else 0
        sys.stdout.flush()
    except CycloptsError:
        return _WRONG  # it has been printed
    except WrongCall as error:
        sys.stderr.write(f"{error}\n")
        return _WRONG
    except KeyboardInterrupt:
        sys.stderr.write(interruptions.WORD)
        return interruptions.STATUS
    except BrokenPipeError:
        # The reader has gone, which is no error; the interpreter would try once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _CLOSED_PIPE
    except OSError as error:
        return _unwritable(error)
    return status


def _unwritable(error: OSError) -> int:
    """Say which file, or the standard output, has no room; raise `error` where that is not why."""
    if error.errno not in _UNWRITABLE:
        raise error
    if error.filename is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    lost = "the standard output" if error.filename is None else error.filename
    sys.stderr.write(f"{lost} cannot be written: {error.strerror}\n")
    return _WRONG
