"""Activation without the Internet at the system (manual 4.3.1): by the license server's pages."""

from pathlib import Path

import pytest
from walking import Hire


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_from_the_delivery_note_to_the_file_in_the_wbm(hire: Hire, tmp_path: Path, script: bool):
    """Log in, enter LAC and Locking ID, download the file, copy it into the WBM of the master."""
    technician = hire(script=script)
    lac = technician.lac("LAC-1")
    technician.sign_in("hq")
    locking_id = technician.locking_id()
    technician.make_license_file(lac, locking_id)
    with technician.page.expect_download() as download:
        technician.page.get_by_role("link", name="Download the license file").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert (file.suffix, locking_id in file.name) == (".json", True)
    technician.visit("hq", "/activate")
    technician.page.get_by_label("License file", exact=True).set_input_files(file)
    technician.press("Activate this file")
    technician.told("License file 1, epoch 1, is activated.")
    assert technician.counted("IP User")[0] == "4"


def test_a_mistyped_code_is_told_as_such_and_nothing_is_lost(hire: Hire):
    """The check digit: what was entered stays in the form, and the right code goes through."""
    technician = hire(script=False)
    lac = technician.lac("LAC-1")
    wrong = lac[:-1] + ("A" if lac[-1] != "A" else "B")
    technician.sign_in("hq")
    technician.register()
    technician.activate(wrong)
    technician.refused("a character is wrong or missing")
    field = technician.page.get_by_label("License authorization code (LAC)", exact=True)
    assert field.input_value() == wrong
    assert field.get_attribute("aria-invalid") == "true"
    technician.activate(lac.lower())
    technician.told("License file 1, epoch 1, is activated.")
