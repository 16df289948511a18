import pytest

from licensing.events import Entry, LinkHealed, NodeEnrolled
from runtime.journal import JournalDamaged, encode_entry, read_journal

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
