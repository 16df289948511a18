"""An equipment that contradicts itself cannot be made, and what is said names all that is wrong."""

import msgspec
import pytest

from licensing.catalogue import TrunkKind
from nodes.telephony.equipment import Equipment, Neighbor, Subscriber, TrunkLine, fitting_licenses


def _subscribers(*numbers: str, type_: str = "ip-hfa") -> list[Subscriber]:
    return [Subscriber(number=number, type=type_) for number in numbers]


def _equipment(**fields) -> Equipment:
    return Equipment(**{"model": "X3", "subscribers": _subscribers("200"), "trunks": []} | fields)


def test_the_first_subscriber_is_the_attendant_unless_another_is_named():
    """`attendant` may be left out (scenario.md, Words)."""
    numbers = _subscribers("200", "201")
    assert _equipment(subscribers=numbers).attendant == "200"
    assert _equipment(subscribers=numbers, attendant="201").attendant == "201"
    assert _equipment(subscribers=[]).attendant == ""


def test_an_equipment_survives_json():
    """Settings are stored and sent as JSON; the chosen attendant stays the same."""
    trunk = TrunkLine(name="s2m-1", kind=TrunkKind.S2M, channels=10)
    neighbors = {"hq": Neighbor(address="10.0.0.1", numbers=["130"])}
    equipment = _equipment(trunks=[trunk], neighbors=neighbors)
    assert msgspec.json.decode(msgspec.json.encode(equipment), type=Equipment) == equipment


S2M = TrunkLine(name="s2m-1", kind=TrunkKind.S2M, channels=10)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"model": "X9"}, "no model 'X9'; there are X1, X3"),
        ({"subscribers": _subscribers("200", type_="fax")}, "200: no subscriber type 'fax'"),
        ({"model": "S", "subscribers": _subscribers("200", type_="up0")}, "model S has no up0"),
        ({"model": "S", "trunks": [S2M]}, "s2m-1: model S has no s2m ports"),
        ({"trunks": [S2M, S2M]}, "trunk name s2m-1 is used more than once"),
        (
            {"trunks": [TrunkLine(name="200", kind=TrunkKind.ITSP, channels=1)]},
            "cannot be called '200'",
        ),
        (
            {"trunks": [TrunkLine(name="a", kind=TrunkKind.ITSP, channels=0)]},
            "at least one channel",
        ),
        (
            {"neighbors": dict.fromkeys(("hq", "HQ"), Neighbor(address="", numbers=[]))},
            "the neighbors hq and HQ differ in capital letters only",
        ),
        ({"subscribers": _subscribers("200", "200")}, "call number 200 is used more than once"),
        ({"subscribers": _subscribers("1" * 65)}, "11111...: there are at most 64 characters"),
        (
            {"subscribers": _subscribers(*map(str, range(10_000, 20_001)))},
            "at most 10,000 subscribers, not 10,001",
        ),
        (
            {"trunks": [TrunkLine(name=f"t{n}", kind=S2M.kind, channels=1) for n in range(1001)]},
            "at most 1,000 trunks, not 1,001",
        ),
        ({"subscribers": _subscribers("112")}, "112 is an emergency number"),
        (
            {"subscribers": _subscribers("112"), "emergency_numbers": ["12"], "outside_line": "1"},
            "112 is",
        ),
        (
            {
                "subscribers": _subscribers("00911"),
                "emergency_numbers": ["911"],
                "outside_line": "0",
            },
            "00911 is an emergency number",
        ),
        ({"emergency_numbers": []}, "there is no emergency number"),
        ({"emergency_numbers": ["police"]}, "the emergency number 'police' must consist of digits"),
        ({"outside_line": "x"}, "outside line 'x' must consist of digits"),
        ({"subscribers": _subscribers("outside")}, "'outside' must consist of digits"),
        (
            {"neighbors": {"n": Neighbor(address="n", numbers=["200"])}},
            "200 is used more than once",
        ),
        ({"attendant": "300"}, "attendant 300 is not a subscriber"),
    ],
)
def test_a_contradiction_is_named(fields, words):
    """Each thing that the manual or the catalogue forbids has its own words."""
    with pytest.raises(ValueError, match=words):
        _equipment(**fields)


def test_all_problems_are_named_at_once():
    """Nobody corrects a file error by error."""
    with pytest.raises(ValueError, match=r"no model 'X9'.*; the call number 110 is an emergency"):
        _equipment(model="X9", subscribers=_subscribers("110"))


def test_holders_may_be_assigned_what_the_manual_says():
    """Its type's station license, user-oriented ones, trunk channels; never base or networking."""
    limits = fitting_licenses(_equipment(trunks=[S2M]))
    assert list(limits) == ["200", "s2m-1", "system"]
    assert list(limits["200"])[:2] == ["ip", "voicemail"]
    assert "tdm" not in limits["200"]
    assert limits["s2m-1"] == {"s2m": 10}
    assert "gate-view" in limits["system"]
    assert not {"base", "networking", "ip", "s2m"} & limits["system"].keys()
