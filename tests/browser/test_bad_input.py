"""What nobody should send: clear words, nothing lost, and nothing run."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from walking import Hire, Technician

from licensing.sizes import FRAME_BYTES

MARKUP = """<img src=x onerror="run=1;alert(1)"><script>run=1;alert(2)</script>"'>& Söhne"""
BINARY = bytes(range(256)) * 16
LAC = "License authorization code (LAC)"


def _upload(technician: Technician, content: bytes, directory: Path) -> None:
    file = directory / "license.json"
    file.write_bytes(content)
    technician.go("Activate")
    technician.page.get_by_label("License file", exact=True).set_input_files(file)
    technician.press("Activate this file")


@pytest.fixture
def at_hq(technician: Technician) -> Technician:
    """Signed in at the master, with registration data."""
    technician.sign_in("hq")
    technician.register(company=MARKUP)
    return technician


@pytest.mark.parametrize("size", [FRAME_BYTES + 1, 6 << 20], ids=["too-large", "far-too-large"])
def test_an_oversized_upload_is_told(at_hq: Technician, tmp_path: Path, size: int):
    """Whatever its size: the page says what is wrong and how large a file may be."""
    _upload(at_hq, b"x" * size, tmp_path)
    at_hq.refused(re.compile("is larger than"))


def test_a_binary_file_and_a_binary_code_are_told(at_hq: Technician, tmp_path: Path):
    """Neither is taken for something else; the form goes on working."""
    _upload(at_hq, BINARY, tmp_path)
    at_hq.refused("The license file cannot be used")
    at_hq.activate(BINARY.decode("latin-1")[:60])
    at_hq.refused("is not a license authorization code")
    lac = at_hq.lac("LAC-1")
    at_hq.visit("hq", "/")
    at_hq.activate(lac)
    at_hq.told("License file 1, epoch 1, is activated.")


def test_markup_in_a_company_name_is_shown_and_never_run(at_hq: Technician):
    """Wherever the name stands, here and at the license server; no dialog, no effect."""
    at_hq.visit("hq", "/activate")
    at_hq.reads(MARKUP)
    locking_id = at_hq.locking_id()
    at_hq.go("Registration")
    expect(at_hq.page.get_by_label("Company", exact=True)).to_have_value(MARKUP)
    lac = at_hq.lac("LAC-1")
    at_hq.make_license_file(lac, locking_id, company=MARKUP)
    at_hq.reads(MARKUP)
    assert at_hq.page.evaluate("typeof run") == "undefined"


def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(at_hq: Technician):
    """The power fails while somebody types; after the sign-in the form is as it was."""
    at_hq.go("Registration")
    at_hq.enter(Company="Half entered & Sons", Contact="office@example.com")
    form, at_hq.page = at_hq.page, at_hq.open_page()
    at_hq.press_at_index("Cut the power of hq", "Switch on of hq", "10 minutes")
    at_hq.page = form
    at_hq.press("Save")
    at_hq.told("what you entered is kept")
    at_hq.enter(User="expert", Password="simulation")
    at_hq.press("Sign in")
    at_hq.told("You are signed in again.")
    expect(at_hq.page.get_by_label("Company", exact=True)).to_have_value("Half entered & Sons")
    at_hq.press("Save")
    at_hq.told("The registration data are saved.")


def test_a_double_click_activates_once(hire: Hire):
    """A person clicks twice out of habit: one license file, and its licenses once."""
    technician = hire()
    lac = technician.lac("LAC-1")
    technician.sign_in("hq")
    technician.register()
    technician.go("Activate")
    technician.enter(**{LAC: lac})
    technician.page.get_by_role("button", name="Activate online").dblclick()
    technician.told(re.compile("License file 1, epoch 1, (is|was) activated"))
    assert technician.counted("IP User")[0] == "4"


def test_the_registration_by_keyboard_alone(hire: Hire):
    """Past the navigation by the skip link, from field to field, and sent with Enter."""
    technician = hire()
    technician.sign_in("hq")
    technician.go("Registration")
    keyboard = technician.page.keyboard
    keyboard.press("Tab")
    expect(technician.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    keyboard.press("Enter")
    keyboard.press("Tab")
    expect(technician.page.get_by_label("Company", exact=True)).to_be_focused()
    keyboard.type("Example Ltd")
    keyboard.press("Tab")
    keyboard.type("it@example.com")
    keyboard.press("Enter")
    technician.told("The registration data are saved.")
