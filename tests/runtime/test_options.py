"""Options of a process: command line before environment before machine file."""

import json

import msgspec
import pytest

from runtime.options import OPTIONS, CallWrong, Options, read_options

NEEDED = {"state": "/s", "host_name": "hq", "locking_id": "x"}


def read(*arguments: str, **environment: str) -> Options:
    """The options of a process called like this."""
    varied = {f"INTERNETSIM_{name.upper()}": value for name, value in environment.items()}
    return read_options("program", "A program.", arguments, {"PATH": "/bin"} | varied)


def machine_file(directory, content: object) -> str:
    """A machine file with this content."""
    path = directory / "machine.json"
    path.write_text(json.dumps(content))
    return str(path)


def test_every_field_has_an_option_and_every_option_a_field():
    """And `--help` explains each."""
    assert tuple(OPTIONS) == Options.__struct_fields__


def test_all_three_ways_say_the_same(tmp_path):
    """Names differ in their dress only; numbers are numbers everywhere."""
    given = NEEDED | {"rate": "2.5", "origin": "7", "clock_offset": "/o"}
    flags = [
        word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value)
    ]
    file = machine_file(tmp_path, given | {"rate": 2.5, "origin": 7})
    wanted = Options(**NEEDED, rate=2.5, origin=7, clock_offset="/o")
    assert read(*flags) == read(**given) == read("--machine", file) == read(machine=file) == wanted


def test_the_nearer_word_counts(tmp_path):
    """File, then environment, then command line."""
    file = machine_file(tmp_path, NEEDED | {"rate": 2, "journal": "file", "settings": "file"})
    options = read("--machine", file, "--rate", "4", rate="3", journal="environment")
    assert (options.rate, options.journal, options.settings) == (4.0, "environment", "file")


@pytest.mark.parametrize(
    ("given", "accelerated"),
    [({}, False), ({"rate": 1}, False), ({"rate": 2}, True), ({"origin": 0}, True),
     ({"epoch": 0}, True), ({"clock_offset": "x"}, True), ({"delays": "x"}, True)],
)  # fmt: skip
def test_any_word_about_simulated_time_makes_it_so(given, accelerated):
    """Without one, time is the machine's own."""
    assert Options(**NEEDED, **given).accelerated is accelerated


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rate": 0}, "rate"),
        ({"rate": "fast"}, "rate"),
        ({"origin": 1.5}, "origin"),
        ({"epoch": -1}, "no date between 1970 and April 2262"),
        ({"epoch": 1 << 63}, "epoch: 9223372036854775808 is no date"),
        ({"certificate": "c"}, "certificate: TLS needs certificate, key and authority"),
        ({"key": "k", "authority": "a"}, "key: TLS needs"),
        ({"metrics": "9100"}, "'9100' is not ADDRESS:PORT"),
        ({"metrics": "::1:x"}, "is not ADDRESS:PORT"),
        ({"metrics": "0.0.0.0:70000"}, "is not ADDRESS:PORT"),
        ({"hostname": "hq"}, "there is no option 'hostname'"),
    ],
)
def test_a_wrong_word_is_named(tmp_path, given, said):
    """Its name, and what would be right."""
    with pytest.raises(CallWrong) as wrong:
        read("--machine", machine_file(tmp_path, NEEDED | given))
    assert said in str(wrong.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
def test_a_machine_file_that_cannot_be_read_is_named(tmp_path, content):
    """With its path, whatever is in it."""
    path = tmp_path / "machine.json"
    path.write_bytes(content)
    with pytest.raises(CallWrong, match=str(path)):
        read("--machine", str(path))
    with pytest.raises(CallWrong, match="/nowhere"):
        read("--machine", "/nowhere")


def test_options_are_a_machine_file(tmp_path):
    """Whoever starts processes may write the record itself."""
    options = Options(**NEEDED, rate=1000, metrics="127.0.0.1:9100")
    file = machine_file(tmp_path, msgspec.to_builtins(options))
    assert read("--machine", file) == options
