"""Short forms of a scenario mean what they would mean written out, and errors name their lines."""

import json
import re
from pathlib import Path

import pytest
from jsonschema_rs import Draft202012Validator

from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.scenario import (
    Folders,
    Scenario,
    ScenarioError,
    load_scenario,
    parse_scenario,
    plain_text,
    written_form,
)
from simulator.scenario.yaml_text import read_text

HEAD = """
title: Short forms
about: Each is written out before anything else is asked.
start: 2026-03-02 08:00
seed: 1
"""
NETWORK = """
internetwork:
  nodes:
    hq: {model: S, role: master, subscribers: [{numbers: 100-109, type: ip-hfa, licenses: [ip]}],
         trunks: [{name: itsp-1, kind: itsp, channels: 2}]}
    north: {model: X3, role: slave, subscribers: [{numbers: 200-204, type: up0, licenses: [tdm]}],
            trunks: [{name: s2m-1, kind: s2m, channels: 2}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase: {LAC-1: {base: 1, networking: 1, ip: 10, tdm: 5}}
"""


def steps(*lines: str) -> list[tuple[str, str]]:
    """The moments and words of the plain steps of a timeline."""
    return [(str(step.at), str(step)) for step in scenario(*lines).timeline]


def scenario(*lines: str, network: str = NETWORK) -> Scenario:
    """A scenario with these steps."""
    timeline = "".join(f"  - {line}\n" for line in lines) or "  []\n"
    return parse_scenario(f"{HEAD}{network}timeline:\n{timeline}", "short.yaml")


def complaint(*lines: str, network: str = NETWORK) -> str:
    """What the author of such a scenario reads."""
    with pytest.raises(ScenarioError) as caught:
        scenario(*lines, network=network)
    return str(caught.value)


def test_forty_eight_flaps_are_one_line() -> None:
    """Each has its cut and its heal, in the order of time."""
    flaps = steps("{at: day 1, every: 30 min, times: 48, cut: hq-north, for: 2 min}")
    assert len(flaps) == 96
    assert flaps[:3] == [
        ("day 1 00:00", "cut hq-north"),
        ("day 1 00:02", "heal hq-north"),
        ("day 1 00:30", "cut hq-north"),
    ]
    assert flaps[-1] == ("day 1 23:32", "heal hq-north")


@pytest.mark.parametrize(
    ("line", "back"),
    [
        ("cut: hq-north", "heal hq-north"),
        ("cut: north-hq", "heal hq-north"),
        ("cut_one_way: {from: north, to: hq}", "heal hq-north"),
        ("drop: hq-north", "heal hq-north"),
        ("refuse: hq-north", "heal hq-north"),
        ("latency: {link: hq-north, to: 1 s}", "latency of hq-north becomes 15 ms"),
        ("latency: {link: north-hq, to: 1 s}", "latency of hq-north becomes 15 ms"),
        ("bandwidth: {link: hq-north, to: 1 bit/s}", "bandwidth of hq-north becomes 20 Mbit/s"),
        ("loss: {link: hq-north, percent: 10}", "loss of 0 % on hq-north"),
        ("crash: north", "start north"),
        ("freeze: north", "thaw north"),
        ("clock: {node: north, by: -1 h}", "set the clock of north forward by 1 h"),
        ("disk: {node: north, is: full}", "disk of north is freed"),
    ],
)
def test_for_takes_back_what_a_step_does(line: str, back: str) -> None:
    """The link has what stands under `links` again, the clock is as far right as it was wrong."""
    first, second = steps(f"{{at: day 3 08:00, {line}, for: 90 min}}")
    assert first[0] == "day 3 08:00"
    assert second == ("day 3 09:30", back)


def test_what_nothing_takes_back_says_so() -> None:
    """For how long a call lasts stands inside of it."""
    told = complaint("{at: day 3, call: {from: 100, to: 101}, for: 2 h}")
    assert "nothing takes this one back; of a call it stands inside `call`" in told
    assert "short.yaml:18:5" in told
    assert "nothing takes this one back" in complaint(
        "{at: day 3, disk: {node: north, is: lost}, for: 2 h}"
    )


def test_lists_and_all_are_a_step_for_each() -> None:
    """Links, nodes and call numbers, also with ranges; `all` where the step has no such word."""
    assert [words for _, words in steps("{at: day 3, cut: [hq-north, hq-internet]}")] == [
        "cut hq-north",
        "cut hq-internet",
    ]
    assert len(steps("{at: day 3, cut: all, for: 1 h}")) == 4
    assert len(steps("{at: day 3, latency: {link: all, to: 1 s}}")) == 2
    assert len(steps("{at: day 3, crash: all}")) == 2
    assert steps("{at: day 3, unlock: all}") == [("day 3 00:00", "check and unlock at every node")]
    assert len(steps("{at: day 3, expect: {node: [hq, north], state: regular}}")) == 2
    assigned = steps("{at: day 3, assign: {number: 100-103, license: voicemail}}")
    assert assigned[-1][1] == "assign voicemail to 103"
    assert len(steps("{at: day 3, delete_subscriber: [100, 105-109]}")) == 6


def test_steps_made_later_stand_where_they_are_due() -> None:
    """Among those written below; at one instant the upper line is first, after any deadline."""
    made = steps(
        "{at: day 3, cut: hq-north, for: 2 h}",
        "{at: day 3 01:00, expect: {node: north, state: failover}}",
        "{at: deadline of north - 5 min, crash: hq}",
        "{at: day 3 02:00, expect: {node: north, state: failover}}",
        "{at: day 4, expect: {all: regular}}",
    )
    assert [words for _, words in made] == [
        "cut hq-north",
        "expect north: failover",
        "crash hq",
        "heal hq-north",
        "expect north: failover",
        "expect every node: regular",
    ]


def test_a_step_at_a_deadline_is_repeated_too() -> None:
    """As far from it as it says; and instants finer than a second are written as such."""
    calls = steps(
        "{at: deadline of north - 1 h, every: 30 min, times: 3, call: {from: 100, to: 9}}"
    )
    assert [at for at, _ in calls] == [
        "deadline of north - 1 h",
        "deadline of north - 30 min",
        "deadline of north",
    ]
    cut = steps("{at: day 3 08:00:59.5, cut: hq-north, for: 750 ms}")
    assert [at for at, _ in cut] == ["day 3 08:00:59.5", "day 3 08:01:00.25"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{at: day 3, every: 1 h, crash: hq}", "`every` needs an end"),
        ("{at: day 3, every: 1 h, times: 2, until: day 4, crash: hq}", "`every` needs an end"),
        ("{at: day 3, times: 2, crash: hq}", "`times` stands beside `every` only"),
        (
            "{at: day 3, every: 1 h, times: 2, cut: hq-north, for: 1 h}",
            "`for` must be shorter than `every`",
        ),
        ("{at: day 3, every: 0 s, times: 2, crash: hq}", "lasts for no time"),
        ("{at: day 3, every: 1 h, until: day 2, crash: hq}", "`until` is before `at`"),
        ("{at: day 3, every: 1 h, until: deadline of north, crash: hq}", "say `times`"),
        ("{at: day 3, every: 1 s, until: day 9999, crash: hq}", "more than 100,000 steps"),
        ("{at: day 3, every: 1 h, times: 0, crash: hq}", "not a whole number from 1 to 1,000,000"),
        ("{at: day 3, evry: 1 h, crash: hq}", "did you mean 'every'?"),
        ("{every: 1 h, times: 2, crash: hq}", "`at` is missing"),
        ("{at: noon, every: 1 h, times: 2, crash: hq}", "'noon' is no time of the timeline"),
        ("{at: day 3, cut: []}", "`cut` takes one word"),
        ("{at: day 3, cut: [hq-south]}", "hq-south"),
    ],
)
def test_a_short_form_that_cannot_be_read(line: str, message: str) -> None:
    """Is one problem, at its line."""
    told = complaint(line)
    assert message in told
    assert "short.yaml:18:" in told
    assert told.endswith("\n1 problem")


BRANCHES = """
internetwork:
  nodes:
    hq: {model: S, role: master, subscribers: [{numbers: 1000-1009, type: ip-hfa}],
         trunks: [{name: itsp-1, kind: itsp, channels: 2}]}
  templates:
    branch:
      nodes:
        $site: {model: X3, role: slave, attendant: 2001,
                subscribers: [{numbers: [2000-2003, 2009], type: up0}],
                trunks: [{name: s2m-1, kind: s2m, channels: 2}]}
      links: {hq-$site: {bandwidth: 20 Mbit/s, latency: 15 ms}}
  sites: {count: 30, like: branch}
  links: {hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}}
  purchase: {LAC-1: {base: 1, networking: 30}}
"""


def test_sites_are_like_their_template() -> None:
    """Thirty nodes with their links; the call numbers of each begin where its neighbor's end."""
    internetwork = scenario(network=BRANCHES).internetwork
    assert len(internetwork.nodes) == 31
    assert list(internetwork.links) == ["hq-internet", *(f"hq-branch-{n}" for n in range(1, 31))]
    first, last = (internetwork.nodes[f"branch-{number}"] for number in (1, 30))
    assert first.numbers() == ("2000", "2001", "2002", "2003", "2009")
    assert (last.numbers()[0], last.attendant) == ("2290", "2291")


def test_sites_may_be_named_and_count_on_otherwise() -> None:
    """Several groups may be like one template: the next begins where the one before has ended."""
    groups = "[{count: 2, like: branch, numbers: +100}, {count: 2, like: branch, named: shop}]"
    nodes = scenario(
        network=BRANCHES.replace("{count: 30, like: branch}", groups)
    ).internetwork.nodes
    sites = ("branch-1", "branch-2", "shop-1", "shop-2")
    assert [nodes[name].numbers()[0] for name in sites] == ["2000", "2100", "2200", "2210"]


@pytest.mark.parametrize(
    ("sites", "message"),
    [
        ("{count: 30}", "'like' is missing"),
        ("{count: 0, like: branch}", "not a whole number from 1 to 1,000,000"),
        ("{count: 30, like: brunch}", "'brunch' is no template; did you mean 'branch'?"),
        ("{count: 30, like: branch, cout: 2}", "did you mean 'count'?"),
        ("{count: 30, like: branch, numbers: north}", "write `+100`"),
        ("{count: 90, like: branch, numbers: +100}", "count on to 10001, which has more digits"),
        ("[{count: 1, like: branch}, {count: 1, like: branch}]", "there is a 'branch-1' already"),
        ("{count: 1000000, like: branch}", "more than can be played"),
    ],
)
def test_sites_that_cannot_be_made(sites: str, message: str) -> None:
    """The message stands at the group of sites, or at what does not fit in its template."""
    told = complaint(network=BRANCHES.replace("{count: 30, like: branch}", sites))
    assert message in told
    assert "short.yaml:" in told


def test_what_is_wrong_with_a_template_is_wrong_once() -> None:
    """At its line, with that of the sites; not thirty times."""
    told = complaint(network=BRANCHES.replace("15 ms", "15 mz"))
    assert "short.yaml:17:57: internetwork.links.hq-branch-1.latency: 'mz' is no unit" in told
    assert "the other place: short.yaml:18:10" in told
    assert told.endswith("\n1 problem")


def test_values_stand_for_words_lists_and_mappings() -> None:
    """Whole, within a text and in a key; `$$` is a `$`, and a `$` before a digit is one anyway."""
    trunk = "{name: t, kind: itsp, channels: 1}"
    let = f"let: {{outage: 3 h, one: north, both: [hq-$one, hq-internet], trunk: {trunk}}}\n"
    network = NETWORK.replace("{name: s2m-1, kind: s2m, channels: 2}", "$trunk")
    text = f"{HEAD}{let}{network}timeline:\n  - {{at: day 3, cut: $both, for: $outage}}\n"
    made = parse_scenario(text.replace("title: Short", "title: $$one costs $5, $one, Short"))
    assert made.title == "$one costs $5, north, Short forms"
    assert [str(step.at) for step in made.timeline] == ["day 3 00:00"] * 2 + ["day 3 03:00"] * 2
    assert made.internetwork.nodes["north"].trunks[0].name == "t"


@pytest.mark.parametrize(
    ("let", "use", "message"),
    [
        ("{outage: 3 h}", "$outge", "$outge has no value under `let`; did you mean 'outage'?"),
        ("{outage: 3 h}", "3 h", "nothing uses $outage"),
        ("{a: $b, b: $a}", "$a", "values use each other without end: $a uses $b uses $a"),
        ("{a: [1, 2]}", "3 h $a", "$a is no text, and cannot stand within one"),
        ("{a-b: 3 h}", "3 h", "'a-b' is no name of a value"),
        ("[3 h]", "3 h", "`let` is a mapping of names and values"),
        ("{a: 3 q}", "$a", "'q' is no unit here"),
    ],
)
def test_a_value_that_cannot_be_had(let: str, use: str, message: str) -> None:
    """The message stands where the value is used, with the place of the value."""
    text = f"{HEAD}let: {let}\n{NETWORK}timeline:\n  - {{at: day 3, cut: hq-north, for: {use}}}\n"
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, "short.yaml")
    assert message in str(caught.value)


def test_values_that_add_up_without_measure_are_refused() -> None:
    """However few words say so."""
    let = "".join(f"  v{n}: [{', '.join([f'$v{n - 1}'] * 60)}]\n" for n in range(1, 6))
    text = f"{HEAD}let:\n  v0: a\n{let}{NETWORK}timeline: $v5\n"
    with pytest.raises(ScenarioError, match="more than can be played"):
        parse_scenario(text)


def files(folder: Path, **texts: str) -> Path:
    """A folder with these files; returns that of the scenario."""
    for name, text in texts.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "main.yaml"


MAIN = f"{HEAD}include: parts/network.yaml\ntimeline:\n  - {{at: day 3, cut: hq-north}}\n"


def test_an_included_file_counts_but_for_what_is_said_otherwise(tmp_path: Path) -> None:
    """Mappings are put together by their keys, timelines follow each other; each line is named."""
    shared = "timeline:\n  - {at: day 1, unlock: all}\npolicies: {failover_period: 2 days}\n"
    own = "internetwork: {links: {hq-north: {latency: 99 ms}}}\n"
    main = files(tmp_path, main=MAIN + own, **{"parts/network": NETWORK + shared})
    made = load_scenario(main)
    assert [str(step) for step in made.timeline] == [
        "check and unlock at every node",
        "cut hq-north",
    ]
    assert made.timeline[0].place == (str(tmp_path / "parts/network.yaml"), 13)
    assert made.timeline[1].place == (str(main), 8)
    link = made.internetwork.links["hq-north"]
    assert (link.latency, link.bandwidth) == (99_000_000, 20_000_000)
    assert made.policies.failover_period == 2 * 86_400 * 10**9


def test_an_error_names_the_included_file(tmp_path: Path) -> None:
    """Its line and column, and the path as that file has it."""
    shared = NETWORK.replace("15 ms", "15 mz") + "timeline:\n  - {at: day 1, unlok: all}\n"
    main = files(tmp_path, main=MAIN, **{"parts/network": shared})
    with pytest.raises(ScenarioError) as caught:
        load_scenario(main)
    told = str(caught.value)
    assert f"{tmp_path}/parts/network.yaml:9:47: internetwork.links.hq-north.latency: 'mz'" in told
    assert f"{tmp_path}/parts/network.yaml:13:17: timeline[0].unlok: the key 'unlok'" in told


def test_what_is_no_yaml_in_an_included_file_is_said_with_the_include(tmp_path: Path) -> None:
    """Both places."""
    main = files(tmp_path, main=MAIN, **{"parts/network": "internetwork: {"})
    with pytest.raises(ScenarioError) as caught:
        load_scenario(main)
    assert f"{tmp_path}/parts/network.yaml:1:" in str(caught.value)
    assert f"the other place: {main}:6:10" in str(caught.value)


def test_a_file_that_several_ways_lead_to_counts_once(tmp_path: Path) -> None:
    """Its steps would happen twice, and nobody would have written that."""
    outage = "include: network.yaml\ntimeline:\n  - {at: day 2, cut: hq-north, for: 1 h}\n"
    both = MAIN.replace("parts/network.yaml", "[parts/network.yaml, parts/outage.yaml]")
    network = f"{NETWORK}timeline:\n  - {{at: day 1, unlock: all}}\n"
    main = files(tmp_path, main=both, **{"parts/network": network, "parts/outage": outage})
    assert [str(step) for step in load_scenario(main).timeline] == [
        "check and unlock at every node",
        "cut hq-north",
        "heal hq-north",
        "cut hq-north",
    ]


def test_a_circle_is_an_error_with_its_way(tmp_path: Path) -> None:
    """Also of a file that includes itself."""
    main = files(
        tmp_path,
        main=MAIN,
        **{"parts/network": "include: further.yaml\n", "parts/further": "include: ../main.yaml\n"},
    )
    with pytest.raises(ScenarioError) as caught:
        load_scenario(main)
    way = [main, tmp_path / "parts/network.yaml", tmp_path / "parts/further.yaml"]
    told = " includes ".join(map(str, [*way, tmp_path / "parts/../main.yaml"]))
    assert f"in a circle: {told}" in str(caught.value)


def test_an_include_leaves_its_folder_only_where_the_call_says_so(tmp_path: Path) -> None:
    """Neither by `..`, nor by an absolute path, nor by a link; a folder of the call is searched."""
    outside = files(tmp_path / "shared", main=NETWORK).rename(tmp_path / "shared/network.yaml")
    own = tmp_path / "own"
    own.mkdir()
    (own / "link.yaml").symlink_to(outside)
    for name in ("../shared/network.yaml", str(outside), "link.yaml"):
        main = files(own, main=MAIN.replace("parts/network.yaml", name))
        with pytest.raises(ScenarioError, match=r"outside of the scenario's folder: `--include-fr"):
            load_scenario(main)
        assert load_scenario(main, [tmp_path / "shared"]).timeline
    main = files(own, main=MAIN.replace("parts/", ""))
    assert load_scenario(main, [tmp_path / "shared"]).timeline
    with pytest.raises(ScenarioError, match="there is no such file to include"):
        load_scenario(main)


def test_a_misspelt_include_is_guessed_in_its_own_folder(tmp_path: Path) -> None:
    """As one would write it; what may not be included is no guess."""
    parts = {"parts/network": NETWORK, "parts/sites": NETWORK}
    main = files(tmp_path, main=MAIN.replace("parts/network", "parts/netwrok"), **parts)
    with pytest.raises(ScenarioError, match=r"to include; did you mean parts/network\.yaml\?"):
        load_scenario(main)
    (tmp_path / "main.yaml").write_text(main.read_text().replace("parts/", "../parts/"))
    inner = files(tmp_path / "inner", main=main.read_text())
    with pytest.raises(ScenarioError, match="to include: `--include-from FOLDER` on the comma"):
        load_scenario(inner)


def test_a_text_without_a_folder_includes_nothing(tmp_path: Path) -> None:
    """From Python the folder is said; what a mapping includes is read in the same way."""
    files(tmp_path, **{"parts/network": NETWORK})
    with pytest.raises(ScenarioError, match="no such file to include"):
        parse_scenario(MAIN)
    assert parse_scenario(MAIN, "main", Folders(tmp_path)).timeline
    data = {"title": "T", "about": "A", "start": "2026-03-02 08:00", "seed": 1, "timeline": []}
    mapping = data | {"include": "parts/network.yaml"}
    assert parse_scenario(mapping, "main", Folders(tmp_path)).internetwork.nodes


@pytest.mark.parametrize("path", sorted(DIRECTORY.glob("*.yaml"))[::6], ids=lambda path: path.stem)
def test_the_plain_text_is_the_same_scenario(path: Path) -> None:
    """What `check --expanded` prints can be read again, and has no short form in it."""
    whole = load_scenario(path)
    assert parse_scenario(plain_text(whole)).model_dump() == whole.model_dump()


def test_sites_and_repeated_steps_are_written_out() -> None:
    """Also those."""
    whole = scenario(
        "{at: day 1, every: 90 s, times: 9, cut: hq-branch-3, for: 500 ms}", network=BRANCHES
    )
    text = plain_text(whole)
    assert "  - {at: day 1 00:12:00.5, heal: hq-branch-3}\n" in text
    assert "like: branch" not in text
    assert parse_scenario(text).model_dump() == whole.model_dump()


def test_a_dollar_stays_one() -> None:
    """What stands in the plain text means no value."""
    data = {**scenario().document.data, "title": "costs $$A: $$5", "timeline": []}
    whole = parse_scenario(data)
    assert whole.title == "costs $A: $5"
    assert parse_scenario(plain_text(whole)).title == whole.title


def test_the_schema_knows_the_short_forms() -> None:
    """An editor proposes them, and takes a value's name wherever a single value is written."""
    form = written_form()
    assert {"include", "let"} <= form["properties"].keys()
    assert {"templates", "sites"} <= form["$defs"]["Internetwork"]["properties"].keys()
    cut = form["$defs"]["Cut"]["properties"]
    assert list(cut) == ["at", "cut", "note", "every", "times", "until", "for"]
    assert '"array"' in json.dumps(cut["cut"])
    assert "\\\\$" in json.dumps(form["$defs"]["Link"]["properties"]["latency"])


def test_what_can_be_played_is_what_the_schema_allows() -> None:
    """Every shipped scenario as it is written; a planted mistake in a short form is found."""
    editor = Draft202012Validator(written_form())

    def as_written(text: str) -> object:
        return read_text(text, "short.yaml").data

    for path in DIRECTORY.glob("*.yaml"):
        assert [
            error.message for error in editor.iter_errors(_numbered(as_written(path.read_text())))
        ] == []
    flaps = f"{HEAD}{NETWORK}timeline: [{{at: day 1, every: 1 h, tims: 2, cut: hq-north}}]"
    assert not editor.is_valid(_numbered(as_written(flaps)))
    assert editor.is_valid(_numbered(as_written(flaps.replace("tims", "times"))))


def _numbered(data: object) -> object:
    """As an editor reads it: what looks like a number is one."""
    if isinstance(data, dict):
        return {key: _numbered(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_numbered(value) for value in data]
    number = isinstance(data, str) and re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", data)
    return json.loads(data) if number else data


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{at: day 3, loss: {link: hq-north, percent: 33.3}}", "a whole number from 0 to 90 perc"),
        ("{at: day 3, loss: {link: hq-north, percent: 95}}", "`10`: say `drop` for a link"),
        ("{at: day 3, loss: {link: hq-north, percent: 33 %}}", "from 0 to 90 percent, written as"),
        ("{at: day 3, every: 1 h, times: 1000001, crash: hq}", "from 1 to 1,000,000\n"),
        ("{at: day 3, clock: {node: hq, by: - 1 h}}", "a minus stands right before its number"),
    ],
)
def test_a_number_that_cannot_be_names_its_real_limit(line: str, message: str) -> None:
    """Not that of some other number."""
    assert message in complaint(line)


def test_a_group_of_numbers_names_its_limit() -> None:
    """A range that no node could have."""
    told = complaint(network=NETWORK.replace("200-204", "10000-30000"))
    assert "a node has at most 10,000 subscribers, not 20,001" in told
