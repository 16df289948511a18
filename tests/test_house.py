"""The rules of the house, as far as a machine can check them, each with planted breaches."""

import house_rules
import pytest
from house_rules import LONGEST_FILE, LONGEST_FUNCTION, Source, sources

PRODUCT = (
    "internetsim",
    "licensing",
    "runtime",
    "license_server",
    "master_cla",
    "nodes",
    "simulator",
    "benchmarks",
)
PROSE = {
    ".py": ("tests", "docs"),
    ".md": ("docs", "README.md", "CHANGELOG.md", "CONTRIBUTING.md"),
    ".yaml": ("scenarios",),
    ".html": PRODUCT,
    ".js": PRODUCT,
    ".css": PRODUCT,
    ".service": ("deploy",),
}
"""What people read besides the product's own code, by its suffix."""

RULES = {
    rule.__name__: rule
    for rule in (
        house_rules.twice_defined,
        house_rules.functions_alike,
        house_rules.classes_in_two_files,
        house_rules.private_names_abroad,
        house_rules.private_names_unused,
        house_rules.units_not_last,
        house_rules.undocumented_modules,
        house_rules.docstrings_that_point_elsewhere,
        house_rules.reading_orders_that_lead_nowhere,
        house_rules.errors_unsaid,
        house_rules.files_too_long,
        house_rules.functions_too_long,
        house_rules.names_that_say_nothing,
        house_rules.modules_named_by_gerunds,
        house_rules.translated_phrases,
        house_rules.values_as_dataclasses,
    )
}

_STEP = "a scenario's step is called as the request that it makes"
_DESCRIBED = "as a scenario describes it, and as it runs"

ALLOWED = {
    ("twice_defined", "Activate"): _STEP,
    ("twice_defined", "Combine"): _STEP,
    ("twice_defined", "DeleteSubscriber"): _STEP,
    ("twice_defined", "Registration"): _STEP,
    ("twice_defined", "Rehost"): _STEP,
    ("twice_defined", "Relicense"): _STEP,
    ("twice_defined", "Internetwork"): _DESCRIBED,
    ("twice_defined", "Link"): _DESCRIBED,
    ("twice_defined", "SCHEMA"): "the tables of a module, always said with the module's name",
    ("units_not_last", "licensing/events.py"): "an event's field (decision 12)",
    ("units_not_last", "simulator/scenario/values.py"): "readers, called as the kinds of value",
    ("units_not_last", "simulator/loop/virtual_loop.py"): "a parameter of asyncio's",
    ("units_not_last", "benchmarks/traffic.py"): "a parameter of the standard library's",
    ("units_not_last", "runtime/acceleration.py"): "a parameter of the standard library's",
    ("translated_phrases", "tests/house_rules/plain_english.py"): "the list of them",
    ("translated_phrases", "tests/test_house.py"): "plants them",
    ("translated_phrases", "docs/decisions/0012-names-on-the-wire.md"): "quotes what will change",
    ("files_too_long", "licensing/events.py"): "one closed union, to be read as a table",
}
"""By rule, and by name or file: what is meant so, and why."""


@pytest.mark.parametrize("rule", RULES)
def test_the_product_keeps_the_rule(rule: str) -> None:
    """All of it does, but for what is allowed with a reason; no allowance outlives its need."""
    breaches = RULES[rule](sources(*PRODUCT))
    if rule == "translated_phrases":
        for suffix, places in PROSE.items():
            breaches += RULES[rule](sources(*places, suffix=suffix))
    if rule == "docstrings_that_point_elsewhere":
        breaches += RULES[rule](sources("tests"))
    allowed = {key for of, key in ALLOWED if of == rule}
    assert [breach for breach in breaches if not allowed & {breach.path, breach.what}] == []
    assert allowed <= {key for breach in breaches for key in (breach.path, breach.what)}


LONG_BODY = """    rest_ns = max(0, ends_ns - now_ns) + SLACK_NS
    await asyncio.sleep(rest_ns)
    return rest_ns
"""

HALF = [f"self._{letter}" for letter in "abcdefghijk"]
"""Private names of a base: too many for a class of another module."""

PLANTED = {
    "twice_defined": (
        "class Seat:\n    pass\n",
        "LIMIT = 7\n",
        "Name = str\n",
        "LIMIT: int = 8\n",
    ),
    "functions_alike": (f"async def wait(now_ns):\n{LONG_BODY}",),
    "classes_in_two_files": (
        "class Held(Base):\n    def free(self):\n        return " + " + ".join(HALF) + "\n",
    ),
    "private_names_abroad": ("from room.seats import _free\n", "from . import Seat, _held as h\n"),
    "private_names_unused": ("_LIMIT = 7\n", "_LIMIT: int = 7\n", "def _free(): ...\n"),
    "units_not_last": (
        "ns_since_start = 0\n",
        "BIT_S_MOST = 1\n",
        "def wait(timeout: float) -> None: ...\n",
        "class Link:\n    latency: int\n",
        "class Link:\n    bandwidth: int | None = None\n",
        "def cut(*, failover_period: int) -> None: ...\n",
        "def now() -> int: ...\n",
        "def look(at: int) -> None: ...\n",
        "self.ms_left = 0\n",
        "class Instant:\n    since_midnight: int\n",
        "def look(*, latencies: list[float]) -> None: ...\n",
        "def dates() -> tuple[int, ...]: ...\n",
        "idle: dict[str, float] = {}\n",
    ),
    "undocumented_modules": ("LIMIT = 7\n", "# A comment is none.\n"),
    "docstrings_that_point_elsewhere": (
        '"""See `other`."""\n',
        'class Seat:\n    """See `other.Seat`."""\n',
        'class Seat:\n    def free(self):\n        """See `Seat`; raises nothing."""\n',
        'async def free():\n    """See there."""\n',
    ),
    "reading_orders_that_lead_nowhere": (
        '"""Seats.\n\nRead in this order: `seats`, then `leases`.\n"""\n',
        '"""Seats.\n\nRead `host` first.\n"""\n',
    ),
    "errors_unsaid": (
        "def free():\n    '''The seats.'''\n    raise LookupError\n",
        "class P:\n    def free(self):\n        'Free.'\n        if self:\n            raise E\n",
        "async def free():\n    '''Free.'''\n    with a:\n        raise E from None\n",
    ),
    "files_too_long": ("\n" * (LONGEST_FILE + 1),),
    "functions_too_long": ("def decide():\n" + "    pass\n" * LONGEST_FUNCTION,),
    "names_that_say_nothing": (
        "class SeatManager:\n    pass\n",
        "def seat_helper(): ...\n",
        "def util(): ...\n",
        "class HelpersOfSeats:\n    pass\n",
    ),
    "translated_phrases": (
        '"""The node is told its lease."""\n',
        "# Written by and by.\n",
        "seats = 0\n'''Of the own node.'''\n",
        '"""Whoever is to be licensed."""\n',
        "class Seat:\n    '''Kept lest it is lost.'''\n",
        "raise LookupError('the owner is told')\n",
        "line = f'{seat} by and by'\n",
        "line = (\n    'the owner is '  # a comment\n    'told'\n)\n",
        "line = (\n    'a'  # who is told\n    'b'\n)\n",
        '"""The node was never told, and waits."""\n',
        "why = 'nothing was to be sent'\n",
        "# A lease that is to be had.\n",
    ),
}
"""Texts that each break the rule, in a module of their own."""


OTHER = Source(
    "room/seats.py",
    '"""Seats."""\n\nLIMIT = 1\nName = int\n\nclass Seat: ...\n\n'
    f"async def rest(now_ns):\n{LONG_BODY}\n"
    "class Base:\n    def __init__(self):\n        " + " = ".join(HALF) + " = 0\n",
)


@pytest.mark.parametrize(("rule", "text"), [(r, text) for r in PLANTED for text in PLANTED[r]])
def test_a_planted_breach_is_found(rule: str, text: str) -> None:
    """Each rule can fail, and finds nothing where nothing is planted."""
    assert RULES[rule]([OTHER]) == []
    (breach,) = RULES[rule]([OTHER, Source("room/planted.py", text)])
    assert breach.path.endswith("room/planted.py")


def test_a_module_called_after_no_thing_is_found() -> None:
    """A folder, too; and one that is called after doing something."""
    for path in ("room/utils.py", "helpers/room.py", "room/seat_manager.py"):
        assert RULES["names_that_say_nothing"]([Source(path, "")])
    for path in ("room/choosing.py", "performing/room.py"):
        assert RULES["modules_named_by_gerunds"]([Source(path, "")])


@pytest.mark.parametrize("how", ["(frozen=True)", "(slots=True)", "(order=True, frozen=True)"])
def test_a_value_that_is_a_dataclass_is_found(how: str) -> None:
    """In the simulator; what changes may be one, and so may what a program has."""
    text = "@dataclass{}\nclass Seat: ...\n"
    (breach,) = RULES["values_as_dataclasses"]([Source("simulator/planted.py", text.format(how))])
    assert breach == ("simulator/planted.py", 2, "Seat")
    meant = [
        Source("nodes/planted.py", text.format(how)),
        Source("simulator/planted.py", text.format("")),
    ]
    assert RULES["values_as_dataclasses"](meant) == []


def test_a_phrase_in_a_document_is_found() -> None:
    """A document is prose from its first line to its last."""
    planted = Source("docs/planted.md", "# Seats\n\nThe node is told its lease.\n")
    (breach,) = RULES["translated_phrases"]([planted])
    assert breach == ("docs/planted.md", 3, "is told")


def test_tests_mirror_the_packages() -> None:
    """What tests a room stands in a folder of its name; one of another name is found."""
    packages = sorted({*PRODUCT} - {"benchmarks", "internetsim"})
    tests = sources(*(f"tests/{package}" for package in packages))
    assert house_rules.folders_without_a_room(tests) == []
    (breach,) = house_rules.folders_without_a_room([Source("tests/nodes/lost/test_room.py", "")])
    assert breach == ("tests/nodes/lost/test_room.py", 1, "nodes/lost")


def test_each_module_of_tests_has_a_name_of_its_own() -> None:
    """Their folders are no packages; two of one name are found."""
    tests = sources("tests")
    assert house_rules.modules_named_alike(tests) == []
    twin = Source("tests/room/test_house.py", "")
    (breach,) = house_rules.modules_named_alike([*tests, twin])
    assert breach == ("tests/test_house.py tests/room/test_house.py", 1, "test_house.py")
