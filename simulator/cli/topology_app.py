"""The commands that carry a network from another tool into a scenario, and back."""

from functools import partial

from simulator.cli.options.parameters import File, IncludeFrom, Job, Switch
from simulator.cli.wrong_call import WrongCall


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


def _require_one(graphml: bool, mermaid: bool) -> None:
    if graphml == mermaid:
        raise WrongCall("export takes one of --graphml and --mermaid")
