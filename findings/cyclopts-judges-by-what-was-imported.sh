#!/usr/bin/env bash
# cyclopts 5.5.2 beside pydantic 2.14.4, CPython 3.11 and later.
#
# Behaviour: what a parameter has become, by its converter too, is checked against its annotation once more, by pydantic, if
# somebody has imported pydantic by then; if nobody has, it is not. So one and the same call of one and the same command is
# accepted or refused by what some other module imported. Parameters are taken one after the other: where a validator of one of
# them imports something that needs pydantic, those after it are checked and those before it are not. Nothing of pydantic stands
# in the program.
#
# Output seen (`port` and `mtu` are both annotated `int`, and both have a converter that lets the word "auto" through):
#     nobody has imported pydantic:        port 'auto', mtu 'auto'
#     it was imported before the call:     refused: --port
#     a validator between them imports it: refused: --mtu
#
# Whom it hurts: commands that load what they need when it is needed, and so start at once, and whose tests (which have pydantic
# loaded by a plugin, or by another test) judge another program than the one that users run; and whoever measures a start: a
# validator that loads pydantic has an adapter built for each later parameter. What helps: annotations that say all that a
# converter may give, `int | str`, and validators that import nothing.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install cyclopts==5.5.2 pydantic==2.14.4 2>/dev/null

cat >program.py <<'PYTHON'
import sys
from typing import Annotated

from cyclopts import App, Parameter, ValidationError

when = sys.argv[1]
if when == "before":
    import pydantic  # noqa: F401


def word_or_number(_, tokens):
    said = tokens[0].value
    return said if said == "auto" else int(said)


def host(_, name):
    if when == "between":
        import pydantic  # noqa: F401


app = App(result_action="return_value")


@app.default
def listen(
    *,
    port: Annotated[int, Parameter(converter=word_or_number)],
    host: Annotated[str, Parameter(validator=host)],
    mtu: Annotated[int, Parameter(converter=word_or_number)],
) -> str:
    return f"port {port!r}, mtu {mtu!r}"


try:
    call = ["--port", "auto", "--host", "hq", "--mtu", "auto"]
    print(app(call, exit_on_error=False, print_error=False))
except ValidationError as error:
    print(f"refused: {error.argument.name}")
PYTHON

for when in never before between; do $python program.py $when; done | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
port 'auto', mtu 'auto'
refused: --port
refused: --mtu
SEEN
