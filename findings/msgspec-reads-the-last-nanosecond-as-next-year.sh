#!/usr/bin/env bash
# msgspec 0.23.0, ruamel.yaml 0.19.1, arrow 1.4.0; beside them pydantic 2.14.4, PyYAML 6.0.4, CPython 3.11 and later.
#
# Behaviour: a point in time is written with nanoseconds where another language keeps them, and an end is often the last of a day
# (Java's LocalTime.MAX). Python has microseconds: msgspec, ruamel.yaml and arrow round to the nearest one, up into the next day,
# and an end of the year 9999 ("never") is an error. pydantic, PyYAML and CPython itself cut the digits off.
#
# Output seen (the date of what was read):
#     end:         2026-12-31T23:59:59.999999999Z    9999-12-31T23:59:59.999999999Z
#     msgspec:     2027-01-01                        ValidationError
#     ruamel.yaml: 2027-01-01                        OverflowError
#     arrow:       2027-01-01                        OverflowError
#     pydantic:    2026-12-31                        9999-12-31
#     PyYAML:      2026-12-31                        9999-12-31
#     CPython:     2026-12-31                        9999-12-31
#
# Whom it hurts: whose licenses, leases or periods of billing come from such a program: a license that ended with the year is shown
# as one of the next, months overlap by a day, "until ever" cannot be read, and a program that moves from pydantic to msgspec
# changes its dates. Ask for the next midnight as an open end, or cut the text to six digits.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install \
    msgspec==0.23.0 ruamel.yaml==0.19.1 arrow==1.4.0 pydantic==2.14.4 PyYAML==6.0.4 2>/dev/null

cat >ends.py <<'PYTHON'
from datetime import datetime

import arrow
import msgspec
import pydantic
import yaml
from ruamel.yaml import YAML

ENDS = ("2026-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z")
READERS = {
    "msgspec": lambda text: msgspec.json.decode(f'"{text}"', type=datetime),
    "ruamel.yaml": YAML(typ="safe").load,
    "arrow": arrow.get,
    "pydantic": pydantic.TypeAdapter(datetime).validate_python,
    "PyYAML": yaml.safe_load,
    "CPython": datetime.fromisoformat,
}


def read(reader, text):
    try:
        return str(reader(text).date())
    except (OverflowError, msgspec.ValidationError) as error:
        return type(error).__name__


print(f"{'end:':12} {ENDS[0]:33} {ENDS[1]}")
for name, reader in READERS.items():
    print(f"{name + ':':12} {read(reader, ENDS[0]):33} {read(reader, ENDS[1])}")
PYTHON

$python ends.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
end:         2026-12-31T23:59:59.999999999Z    9999-12-31T23:59:59.999999999Z
msgspec:     2027-01-01                        ValidationError
ruamel.yaml: 2027-01-01                        OverflowError
arrow:       2027-01-01                        OverflowError
pydantic:    2026-12-31                        9999-12-31
PyYAML:      2026-12-31                        9999-12-31
CPython:     2026-12-31                        9999-12-31
SEEN
