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
from typing import Literal

from cyclopts import App, CycloptsError

from internetsim import interruptions
from simulator.cli.options.parameters import (
    Clients,
    FileOrOutput,
    Files,
    IncludeFrom,
    Job,
    Jobs,
    OutputFile,
    Seed,
    Switch,
    require_file,
)
from simulator.cli.wrong_call import WrongCall

_WRONG = 2
_CLOSED_PIPE = 141
_UNWRITABLE = (errno.EBADF, errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG)


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
    client: Clients = (),
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
    from simulator.cli.options.clients import own_clients  # noqa: PLC0415 - loads everything
    from simulator.cli.options.outputs import Outputs  # noqa: PLC0415 - loads everything
    from simulator.cli.show import Extent  # noqa: PLC0415 - loads everything

    require_file(journal)
    outputs = Outputs(journal, html, perfetto, mermaid, between, json, junit, pcap, pcap_of)
    extent = Extent(quiet=quiet, by_node=by_node)
    named = Called(files, include_from, own_clients(client))
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


def _as_path(argument: str) -> str:
    """The standard input by the name of a path, for the word - alone looks like an option."""
    return "./-" if argument == "-" else argument


_ELSEWHERE = {
    "live": "live_app:live",
    "compare": "live_app:compare",
    "serve": "live_app:serve",
    "report": "journal_app:report",
    "explain": "journal_app:explain",
    "diff": "journal_app:diff",
    "import": "topology_app:import_",
    "export": "topology_app:export",
    "explore": "explore_app:explore",
    "plan": "plan.plan_app:plan",
}
"""The other commands, and the modules that have them; each is loaded when it is asked for."""

for _name, _home in _ELSEWHERE.items():
    app.command(f"simulator.cli.{_home}", name=_name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    said = [_as_path(each) for each in (sys.argv[1:] if arguments is None else arguments)]
    try:
        if not said or said[0].startswith("-"):
            _load_all()
        job = app(said, exit_on_error=False, result_action="return_value")
        gc.freeze()
        gc.enable()
        with interruptions.tidied_up():
            status = job() if job else 0
        sys.stdout.flush()
    except CycloptsError:
        return _WRONG  # it has been printed
    except WrongCall as error:
        _say(f"{error}\n")
        return _WRONG
    except KeyboardInterrupt:
        _say(interruptions.WORD)
        return interruptions.STATUS
    except BrokenPipeError:
        # The reader has gone, which is no error; the interpreter would try once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _CLOSED_PIPE
    except OSError as error:
        return _unwritable(error)
    return status


def _load_all() -> None:
    """So that the list of all commands has a line of each."""
    for name in _ELSEWHERE:
        app[name]  # cyclopts imports it now


def _unwritable(error: OSError) -> int:
    """Say which file, or the standard output, has no room; raise `error` where that is not why."""
    if error.errno not in _UNWRITABLE:
        raise error
    lost = "the standard output" if error.filename is None else error.filename
    _say(f"{lost} cannot be written: {error.strerror}\n")
    return _WRONG


def _say(words: str) -> None:
    """Tell whoever has called; where that cannot be written the exit status alone says it."""
    for stream, last in ((sys.stdout, ""), (sys.stderr, words)):
        try:
            stream.write(last)
            stream.flush()
        except OSError:  # the interpreter would try once more at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
