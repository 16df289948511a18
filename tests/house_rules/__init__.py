"""What a machine can check of the rules of the house, as readers of source text.

Each rule takes `Source`s and returns its breaches in the order of files and lines.
"""

from house_rules.docstrings import (
    docstrings_that_point_elsewhere,
    errors_unsaid,
    reading_orders_that_lead_nowhere,
    undocumented_modules,
)
from house_rules.homes import (
    folders_without_a_room,
    functions_alike,
    modules_named_alike,
    twice_defined,
)
from house_rules.names import modules_named_by_gerunds, names_that_say_nothing
from house_rules.plain_english import translated_phrases
from house_rules.private_names import (
    classes_in_two_files,
    private_names_abroad,
    private_names_unused,
)
from house_rules.sizes import LONGEST_FILE, LONGEST_FUNCTION, files_too_long, functions_too_long
from house_rules.source import Breach, Source, sources
from house_rules.units import units_not_last
from house_rules.values import values_as_dataclasses

__all__ = [
    "LONGEST_FILE",
    "LONGEST_FUNCTION",
    "Breach",
    "Source",
    "classes_in_two_files",
    "docstrings_that_point_elsewhere",
    "errors_unsaid",
    "files_too_long",
    "folders_without_a_room",
    "functions_alike",
    "functions_too_long",
    "modules_named_alike",
    "modules_named_by_gerunds",
    "names_that_say_nothing",
    "private_names_abroad",
    "private_names_unused",
    "reading_orders_that_lead_nowhere",
    "sources",
    "translated_phrases",
    "twice_defined",
    "undocumented_modules",
    "units_not_last",
    "values_as_dataclasses",
]
