"""What people see of a release before they have it: metadata, and the README as a page."""

import re
import tarfile
import zipfile
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from packaging.metadata import Metadata
from processes import ROOT

LEFT_OVER = re.compile(r"^\||\]\(|```|\*\*", re.MULTILINE)
"""Of a table, a link, a fence or bold type, where one was written wrongly."""
POINTS_TO = re.compile(r'(?:src|srcset|href)="([^"#]+)')


def page(text: str) -> str:
    """The HTML of a Markdown text with tables."""
    return MarkdownIt("commonmark").enable("table").render(text)


def wrong_in(html: str) -> list[str]:
    """What did not become a page, and files that it points to in vain."""
    prose = re.sub(r"<(pre|code)>?.*?</\1>|<[^>]+>", "", html, flags=re.DOTALL)
    local = [link for link in POINTS_TO.findall(html) if "://" not in link]
    return LEFT_OVER.findall(prose) + [link for link in local if not (ROOT / link).exists()]


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> bytes:
    """As an index reads it."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return archive.read(name)


def test_the_metadata_is_valid(metadata: bytes):
    """Each field by the core metadata specification."""
    read = Metadata.from_email(metadata, validate=True)
    assert (read.name, str(read.requires_python)) == ("internetsim", ">=3.11")


@pytest.mark.parametrize(
    "planted", [b"Requires-Python: three\n", b"Licence: mine\n", b"Name: a b\n"]
)
def test_a_wrong_field_is_found(metadata: bytes, planted: bytes):
    """Planted: a value that is none, a field that is none, a name given twice."""
    with pytest.raises(ExceptionGroup):
        Metadata.from_email(planted + metadata, validate=True)


def test_the_readme_is_a_page(metadata: bytes):
    """Tables are tables and links lead to files; it is the description of the release."""
    description = Metadata.from_email(metadata).description
    assert description == (ROOT / "README.md").read_text()
    assert wrong_in(page(description)) == []


@pytest.mark.parametrize(
    ("planted", "wrong"),
    [
        ("| a | b |\n|---|\n| 1 | 2 |\n", ["|", "|", "|"]),
        ("![lost](docs/lost.png)", ["docs/lost.png"]),
        ("a ```sh\nfence``", ["```"]),
    ],
)
def test_a_readme_that_is_no_page_is_found(planted: str, wrong: list[str]):
    """Planted: a table without its second column, a picture that is not there, a fence."""
    assert wrong_in(page(planted)) == wrong


def test_the_source_archive_has_what_the_tests_need(source_archive: Path):
    """The two commands of the README, the tests and what they read."""
    with tarfile.open(source_archive) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    patterns = ("tests/**/*.py", "scenarios/**/*.*", "docs/**/*.md")
    needed = [path for pattern in patterns for path in ROOT.glob(pattern)]
    assert {str(path.relative_to(ROOT)) for path in needed} - inside == set()
    assert {
        "Makefile",
        "constraints.txt",
        "internetsim/command.py",
        "deploy/requirements.txt",
    } <= inside
