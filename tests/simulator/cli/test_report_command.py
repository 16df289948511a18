"""The page of a run on the command line: of a run that is played, and of a journal."""

import io
import sys
from pathlib import Path

import pytest

from simulator.cli.app import main
from simulator.cli.options import outputs
from simulator.cli.shipped_scenarios import DIRECTORY

SHORT = DIRECTORY / "more-assigned-than-bought.yaml"
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def journal(tmp_path: Path, capsys: Captured) -> Path:
    """Of a run whose page is beside it."""
    journal, page = tmp_path / "run.jsonl", tmp_path / "played.html"
    assert main(["run", str(SHORT), "--quiet", "--journal", str(journal), "--html", str(page)]) == 0
    capsys.readouterr()
    return journal


def without_command(page: Path) -> list[str]:
    """The lines of a page but for the command that repeats its run."""
    return [line for line in page.read_text().splitlines() if "<code>" not in line]


def test_the_page_of_a_journal_is_that_of_its_run(journal: Path, capsys: Captured) -> None:
    """Nothing that a page shows is known to the run alone."""
    assert main(["report", str(journal)]) == 0
    page = journal.with_suffix(".html")
    assert capsys.readouterr().out == f"{page}\n"
    assert without_command(page) == without_command(journal.parent / "played.html")


def test_the_story_of_a_journal_is_that_of_its_run(journal: Path, capsys: Captured) -> None:
    """To the last line, also what has no room on the page, which names the command."""
    assert main(["run", str(SHORT)]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("day ")]
    assert main(["report", str(journal), "--story"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line for line in told if line.startswith("day ")] == lines
    assert main(["report", str(journal)]) == 0
    assert f"internetsim report {journal} --story" in journal.with_suffix(".html").read_text()
    assert main(["report", str(journal), "--story", "--html", "x"]) == 2
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    assert "before its run does" not in capsys.readouterr().err
    assert main(["report", str(journal), "--story"]) == 0
    assert f"{journal} ends before its run does" in capsys.readouterr().err


def test_a_journal_comes_from_the_standard_input_too(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the page needs a name."""
    page = journal.parent / "piped.html"
    for arguments, status in ((["--html", str(page)], 0), ([], 2)):
        standard_input = io.TextIOWrapper(io.BytesIO(journal.read_bytes()))
        monkeypatch.setattr(sys, "stdin", standard_input)
        assert main(["report", "-", *arguments]) == status
    assert without_command(page) == without_command(journal.parent / "played.html")


def test_a_journal_that_is_cut_off_is_read_as_far_as_it_goes(
    journal: Path, capsys: Captured
) -> None:
    """The page is there and says so, the line is named, and the status is not 0."""
    whole = journal.read_bytes()
    journal.write_bytes(whole[: len(whole) // 2])
    assert main(["report", str(journal)]) == 1
    line = whole[: len(whole) // 2].count(b"\n") + 1
    assert f"{journal}:{line}: " in capsys.readouterr().err
    assert "the journal ends before the run does" in journal.with_suffix(".html").read_text()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"title: a scenario\n", ":1: JSON is malformed"),
        (
            b'{"at":0,"host":"world","fact":{"event":"run-ended","verdict":"holds"}}\n',
            "first lines",
        ),
        (
            (
                b'{"at":0,"host":"world","fact":{"event":"run-began","version":99,"title":"",'
                b'"seed":1,"start":"2026-03-02T08:00:00Z","nodes":{}}}\n'
            ),
            "version 99",
        ),
        (
            (
                b'{"at":0,"host":"world","fact":{"event":"run-began","title":"","seed":1,'
                b'"start":"2026-03-02T08:00:00Z","nodes":{},"network":{"links":{"a-b":["a","b"]}}}}'
            ),
            "the link a-b leads to a, b, which is not there",
        ),
    ],
)
def test_what_is_no_journal_of_a_run_is_refused(
    content: bytes, told: str, tmp_path: Path, capsys: Captured
) -> None:
    """One line that names the file, status 2, and no page."""
    path = tmp_path / "other.jsonl"
    path.write_bytes(content)
    assert main(["report", str(path)]) == 2
    complaint = capsys.readouterr().err
    assert str(path) in complaint
    assert told in complaint
    assert not path.with_suffix(".html").exists()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"at":0,"host":"hq","fact":{"event":"disk-filled"}}', "before what the line above"),
        (b'{"at":%d,"host":"elsewhere","fact":{"event":"disk-filled"}}', "no host 'elsewhere'"),
        (
            b'{"at":%d,"host":"world","fact":{"event":"link-healed","link":"a-b"}}',
            "no link 'a-b'",
        ),
        (b"", "another run begins here"),
    ],
)
def test_what_is_of_another_run_is_not_read(
    line: bytes, why: str, journal: Path, capsys: Captured
) -> None:
    """Of two journals in one file the first is read, and the line that is not its own is named."""
    lines = journal.read_bytes().splitlines()
    last_ns = int(lines[-1].split(b",")[0].removeprefix(b'{"at":'))
    began = lines[0].replace(b'"at":0', b'"at":%d' % last_ns, 1)
    foreign = (line or began).replace(b"%d", b"%d" % last_ns)
    journal.write_bytes(b"\n".join([*lines, foreign, b""]))
    assert main(["report", str(journal)]) == 1
    complaint = capsys.readouterr().err
    assert f"{journal}:{len(lines) + 1}: " in complaint
    assert why in complaint
    assert "the journal ends before" not in journal.with_suffix(".html").read_text()


def test_a_page_that_cannot_be_written_is_said_before_the_run(
    tmp_path: Path, capsys: Captured
) -> None:
    """Nothing is played, and no scenario is overwritten."""
    for page, told in (
        (tmp_path / "nowhere" / "page.html", "cannot be written: No such file"),
        (SHORT, "--html " + str(SHORT) + " would overwrite"),
    ):
        assert main(["run", str(SHORT), "--html", str(page)]) == 2
        captured = capsys.readouterr()
        assert told in captured.err
        assert captured.out == ""
    assert main(["run", str(SHORT), str(SHORT), "--html", str(tmp_path / "one.html")]) == 2
    assert "one page holds one run" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "none.jsonl")]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err


def test_what_fails_in_a_run_is_not_said_of_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the run stays one; only the file's own is a matter of the option."""

    def failing(*_: object, **__: object) -> None:
        raise PermissionError(1, "of the run")

    monkeypatch.setattr(outputs, "play", failing)
    with pytest.raises(PermissionError, match="of the run"):
        main(["run", str(SHORT), "--quiet", "--html", str(tmp_path / "page.html")])


@pytest.mark.parametrize(
    "option", ["--html", "--json", "--junit", "--journal", "--perfetto", "--pcap"]
)
def test_a_file_for_which_there_is_no_room_is_named(option: str, capsys: Captured) -> None:
    """Whatever is to be in it: one line, status 2."""
    assert main(["run", str(SHORT), "--quiet", option, "/dev/full"]) == 2
    assert "/dev/full cannot be written: No space left on device\n" in capsys.readouterr().err
