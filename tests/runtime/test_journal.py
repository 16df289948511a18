import os
import subprocess
from pathlib import Path

import pytest

from licensing.events import Entry, LinkHealed, NodeEnrolled
from runtime.journal import (
    JournalDamaged,
    JournalFile,
    JournalLost,
    encode_entry,
    read_journal,
)

ENTRIES = [
    Entry(at=0, host="", fact=LinkHealed(link="hq-north")),
    Entry(at=7, host="hq", fact=NodeEnrolled(node="north")),
]
LINES = [encode_entry(entry) for entry in ENTRIES]


def test_an_entry_is_one_canonical_line():
    """Instant, host, fact with its tag."""
    assert LINES[1] == b'{"at":7,"host":"hq","fact":{"event":"node-enrolled","node":"north"}}'


def test_a_journal_is_read_back_in_order(tmp_path):
    """What was written is what is read."""
    path = tmp_path / "journal"
    path.write_bytes(b"".join(line + b"\n" for line in LINES))
    assert list(read_journal(path)) == ENTRIES


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"rubbish",
        LINES[1][:-1],
        b'{"at":1,"host":"hq","fact":{"event":"pigs-flew"}}',
        b'{"at":1,"host":"hq\xff","fact":{"event":"link-healed","link":""}}',
        b'{"at":"1","host":"hq","fact":{"event":"link-healed","link":""}}',
        b'{"at":1,"host":"hq","fact":{"x":' + b"[" * 100_000,
    ],
)
def test_a_damaged_line_is_named_by_file_and_line(tmp_path, damage):
    """What stands before it is read; the place is one that an editor can jump to."""
    path = tmp_path / "journal"
    path.write_bytes(b"\n".join([LINES[0], damage, LINES[1]]))
    entries = read_journal(path)
    assert next(entries) == ENTRIES[0]
    with pytest.raises(JournalDamaged, match=rf"{path}:2: "):
        next(entries)


def test_a_process_appends_line_by_line(tmp_path):
    """Each line is in the file as soon as it is written, and a second opening goes on."""
    for _ in range(2):
        journal = JournalFile(tmp_path / "journal")
        for entry in ENTRIES:
            journal.append(entry)
        assert list(read_journal(tmp_path / "journal"))[-2:] == ENTRIES
        journal.close()
    assert list(read_journal(tmp_path / "journal")) == ENTRIES * 2
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o600


LONG = Entry(at=0, host="hq", fact=LinkHealed(link="x" * 200_000))
"""A line that no pipe holds at once."""


def test_a_pipe_gets_whole_lines_from_a_descriptor(tmp_path):
    """`/dev/fd/N`; also a line that is longer than the pipe, while somebody reads."""
    reading, writing = os.pipe()
    journal = JournalFile(Path(f"/dev/fd/{writing}"))
    os.close(writing)
    with (tmp_path / "copy").open("wb") as copy:
        cat = subprocess.Popen(["cat"], stdin=reading, stdout=copy)
    os.close(reading)
    for entry in (ENTRIES[0], LONG, ENTRIES[1]):
        journal.append(entry)
    journal.close()
    assert cat.wait(timeout=30) == 0
    assert list(read_journal(tmp_path / "copy")) == [ENTRIES[0], LONG, ENTRIES[1]]


def test_a_reader_that_is_gone_or_asleep_is_told_apart_and_ends_the_journal(tmp_path):
    """Neither kills the program, and it waits for the sleeper a second at most."""
    os.mkfifo(tmp_path / "fifo")
    reading = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    journal = JournalFile(tmp_path / "fifo")
    with pytest.raises(JournalLost, match="does not read"):
        journal.append(LONG)
    os.close(reading)
    with pytest.raises(JournalLost, match="Broken pipe"):
        journal.append(ENTRIES[0])
    journal.close()


def test_a_fifo_without_a_reader_is_named(tmp_path):
    """The program does not hang at its start."""
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="fifo"):
        JournalFile(tmp_path / "fifo")
