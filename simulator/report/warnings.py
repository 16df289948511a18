"""Warnings of `check`: of a large internetwork, one that many sites share is said once."""

from collections.abc import Iterator, Sequence

from simulator.report.groups import ANY_SITE, Groups, is_large
from simulator.scenario import Internetwork, Problem


def warning_texts(warnings: Sequence[Problem], internetwork: Internetwork) -> Iterator[str]:
    """Each with its place; where several differ in the site alone, the first names the others."""
    groups = Groups(internetwork)
    alike: dict[str | int, list[tuple[Problem, str]]] = {}
    for index, warning in enumerate(warnings):
        site, text = groups.without_name(warning.message, internetwork.master() or "")
        key = text if ANY_SITE in text and is_large(internetwork) else index
        alike.setdefault(key, []).append((warning, site))
    for (warning, _), *others in alike.values():
        same = [_same([site for _, site in others], groups)] if others else []
        yield "\n".join([str(warning), *same])


def _same(sites: list[str], groups: Groups) -> str:
    which = groups.which(sites)
    return f"    the same of {groups.called(sites)}" + (f": {which}" if which else "")
