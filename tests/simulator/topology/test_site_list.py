"""Lists of sites as spreadsheets save them, and words on what is wrong with one."""

import pytest

from simulator.runs.play import play
from simulator.scenario.steps.license_steps import Activate
from simulator.topology.drawing import Kind, Unreadable, Vertex
from simulator.topology.importer import imported
from simulator.topology.site_list import read_site_list

SEMICOLONS = (
    "Site;Model;IP-HFA;Analog;Channels;Line\r\n"
    "Zürich;X8;120;20;30;100 Mbit/s\r\n"
    "Köln;;10;0;0;16,5\r\n"
    ";;;;;\r\n"
)


def sites(content: bytes) -> list[Vertex]:
    """The sites of a list, without the cloud that joins them."""
    vertices = read_site_list(content).vertices.values()
    return [vertex for vertex in vertices if vertex.kind is Kind.SITE]


def test_sites_with_the_longest_names_have_lines_with_names_of_their_own() -> None:
    """Both names together make none that a link could have."""
    links = imported(f"site\nhq\n{'x' * 63}\n".encode(), "long.csv").scenario.internetwork.links
    assert [*links] == ["hq-wan", "line-1", "hq-internet"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_each_encoding_of_a_spreadsheet(encoding: str) -> None:
    """With or without byte order mark, and decimal comma; an empty row is no site."""
    zurich, koln = sites(SEMICOLONS.encode(encoding))
    assert (zurich.label, koln.label) == ("Zürich", "Köln")
    assert (zurich.said["model"], koln.said.get("model")) == ("X8", None)
    assert dict(zurich.stations) == {"ip-hfa": 120, "analog": 20}
    assert (zurich.channels, koln.channels) == (30, 0)
    assert (zurich.line_bit_s, koln.line_bit_s) == (100_000_000, 16_500_000)


@pytest.mark.parametrize(
    ("text", "line_bit_s"),
    [
        ('site,line\nhq,"1,5 Mbit/s"\n', 1_500_000),
        ("site,line\nhq,1.5 Gbit/s\n", 1_500_000_000),
        ("sep=;\r\nsite;line (kbit/s)\r\nhq;512\r\n", 512_000),
        ("site\tline_Mbit/s\nhq\t1.000,5\n", 1_000_500_000),
        ("site;line\rhq;1 000\r", 1_000_000_000),
        ("\n\nsite;line;;\nhq;50;;\n", 50_000_000),
        ("site;Line (Mbps)\nhq;16,5\n", 16_500_000),
        ("site;line\nhq;1 Gbps\n", 1_000_000_000),
        ("site;line\nhq;10MBit\n", 10_000_000),
    ],
)
def test_separators_and_numbers(text: str, line_bit_s: int) -> None:
    """Comma, semicolon, tab; decimals and thousands either way; a unit in the head or the cell."""
    (site,) = sites(text.encode())
    assert site.line_bit_s == line_bit_s


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is nothing in it"),
        ("site;model\n", "there is no site in it"),
        ("model;channels\nX3;2\n", "no column is called `site`; there are model, channels"),
        ("site;chanels\nhq;2\n", "the column 'chanels' is not known; did you mean 'channels'?"),
        ("site;model;Model\nhq;X3;X5\n", "two columns are the model"),
        ("site;model\n;X3\n", "row 2 has no site's name"),
        ("site;model\nhq;X9\n", "row 2, model: 'X9' is not a model; there are X1, X3"),
        ("site;line\nhq;1.000\n", "row 2, line: '1.000' may be 1000 or 1"),
        ("site;line\nhq;fast\n", "row 2, line: 'fast' is not a bandwidth"),
        ("site;line\nhq;5 Mbyte\n", "row 2, line: 'Mbyte' is no unit here; there are bit/s, "),
        ("site;line\nhq;5 MBps\n", "row 2, line: 'MBps' is no unit here"),
        ("site;channels\nhq;2,5\n", "row 2, channels: '2,5' is no whole number"),
        ("site;longitude;latitude\nhq;here;48\n", "row 2, longitude: 'here' are no degrees"),
        ("site;model\nhq;X3;X5\n", "row 2 has more cells than there are columns"),
        ('site;model\nhq;"X3\n', "it is no table"),
        ("\x00\x01", "it is neither GraphML nor a table"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(text: str, words: str) -> None:
    """And with the column, as the spreadsheet counts."""
    with pytest.raises(Unreadable, match="^" + words.replace("?", "\\?")):
        read_site_list(text.encode())


def test_a_list_is_a_cloud_with_its_sites() -> None:
    """The widest line is the master's; nothing is assumed without a word."""
    done = imported(SEMICOLONS.encode(), "sites.csv")
    internetwork = done.scenario.internetwork
    assert internetwork.master() == "Zurich"
    assert [*internetwork.links] == ["Zurich-wan", "Koln-wan", "Zurich-internet"]
    assert internetwork.purchase["LAC-1"].licenses == {
        "base": 1,
        "networking": 1,
        "ip": 130,
        "tdm": 20,
        "itsp": 30,
    }
    assert done.remarks == (
        "lines without a unit are taken as Mbit/s",
        "channels are those of one ITSP trunk a site",
        "it has no lines between sites: all are joined by the cloud wan",
        "names have letters, digits and `-` only: 'Zürich' is Zurich, 'Köln' is Koln",
        "no latency of any line: 5 ms",
        "without --master: Zurich is the master, the site whose lines carry most (100 Mbit/s)",
        "no model said of 1 of 2 sites (Koln): an X3",
        "no way to the license server: the link Zurich-internet, 1 Gbit/s and 20 ms, is added",
    )


def test_the_rest_is_like_a_site() -> None:
    """`like` and `master` take the names of the source; what nothing says there either is small."""
    text = "site;model;ip-hfa;channels\nhq;X8;200;30\nbranch;X5;20;4\nkiosk;;;\n"
    internetwork = imported(
        text.encode(), "sites.csv", master="HQ", like="Branch"
    ).scenario.internetwork
    kiosk, branch = internetwork.nodes["kiosk"], internetwork.nodes["branch"]
    assert internetwork.master() == "hq"
    assert (kiosk.model, len(kiosk.numbers()), kiosk.trunks) == ("X5", 20, branch.trunks)
    assert not set(kiosk.numbers()) & set(branch.numbers())
    bare = imported(b"site;model;ip-hfa\nhq;X8;20\nkiosk\n", "sites.csv", like="HQ")
    assert [node.trunks[0].channels for node in bare.scenario.internetwork.nodes.values()] == [2, 2]
    assert "no model and stations said of 1 of 2 sites (kiosk): as hq has" in bare.remarks
    assert "no trunk said of any site: an ITSP trunk of two channels" in bare.remarks
    with pytest.raises(Unreadable, match="--master: there is no site 'brnch'; did you mean branch"):
        imported(text.encode(), "sites.csv", master="brnch")
    with pytest.raises(Unreadable, match="--like: the source does not say what stands at kiosk"):
        imported(text.encode(), "sites.csv", like="kiosk")


@pytest.mark.parametrize(
    ("text", "bought"),
    [
        (
            "site;role;ip-hfa\nhq;master;5\nkiel;slave;4\nulm;standalone;3\nbonn;standalone;\n",
            {
                "hq": {"base": 1, "networking": 1, "ip": 9, "itsp": 4},
                "ulm": {"base": 1, "ip": 3, "itsp": 2},
                "bonn": {"base": 1, "ip": 10, "itsp": 2},
            },
        ),
        (
            "site;role;ip-hfa;channels\na;standalone;0;0\nb;standalone;2;3\n",
            {"a": {"base": 1}, "b": {"base": 1, "ip": 2, "itsp": 3}},
        ),
    ],
)
def test_each_standalone_system_buys_and_activates_for_itself(
    text: str, bought: dict[str, dict[str, int]]
) -> None:
    """It has its way to the license server and its order; the master's is for its slaves.

    All are regular at the end of the first day, and use what they bought.
    """
    scenario = imported(text.encode(), "sites.csv").scenario
    orders = scenario.internetwork.purchase
    steps = [step for step in scenario.timeline if isinstance(step, Activate)]
    assert {step.node: orders[step.lac].licenses for step in steps} == bought
    ways = [name for name in scenario.internetwork.links if name.endswith("-internet")]
    assert ways == [f"{name}-internet" for name in bought]
    result = play(scenario)
    assert result.holds
    unused = {
        row.license
        for table in result.licenses.values()
        for row in table.licenses
        if row.bought != row.in_use
    }
    assert unused == {"base"}
