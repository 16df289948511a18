"""From what an author wrote to the plain scenario: one pure stage between reading and the model.

Short forms disappear here, in this order: included files, the values of `let`, sites that are like
a template, a record of outages, and steps with `every`, `for` or a list. Every piece keeps the
place where it stands, so that a message about the plain scenario names the line that somebody
wrote. Files are read before all else, by `includes` and, with its permission, for the record.
"""

from msgspec.structs import replace

from simulator.scenario.diagnostics import Problem
from simulator.scenario.document import Document
from simulator.scenario.expansion.includes import INCLUDE, Folders, with_included_files
from simulator.scenario.expansion.named_values import LET, NamedValues
from simulator.scenario.expansion.record_name import record_name
from simulator.scenario.expansion.repeated_steps import with_repeated_steps
from simulator.scenario.expansion.sites import TEMPLATES, with_sites

__all__ = ["Folders", "expanded", "written_out"]


def expanded(document: Document, folders: Folders) -> Document:
    """The plain scenario, with all that is wrong in short forms among its problems.

    Raises `ScenarioError` where a file cannot be included, or more is made than can be played.
    """
    whole = with_included_files(document, folders)
    if name := record_name(whole.root):
        from simulator.scenario.expansion.recorded_outages import (  # noqa: PLC0415 - few have one
            with_record,
        )

        whole = with_record(whole, name, folders)
    return written_out(whole)


def written_out(document: Document) -> Document:
    """The plain scenario of one that includes nothing any more; it keeps the short one."""
    problems: list[Problem] = []
    root = document.root
    values = NamedValues(root.entries().get(LET), problems)
    root = root.without(INCLUDE, LET)
    root = values.applied(root, spared=TEMPLATES)
    root = with_sites(root, values, problems)
    remarks: list[Problem] = []
    if document.record:
        from simulator.scenario.expansion.recorded_outages import (  # noqa: PLC0415 - few have one
            with_fitted_outages,
        )

        root, remarks = with_fitted_outages(replace(document, root=root), problems)
    root = with_repeated_steps(root, problems)
    values.require_use_of(document.sources[:1])
    problems = [*document.problems, *problems]
    return replace(
        document, root=root, problems=tuple(problems), remarks=tuple(remarks), short=document
    )
