#!/usr/bin/env bash
# cyclopts 5.5.2, CPython 3.11 and later.
#
# Behaviour: a parameter annotated `int` takes text with a decimal point: it is read as a float and rounded, half to even, and
# nothing is said. So "2.5" is 2, "3.5" is 4, and a large number that ends in ".0" loses its last digits on the way through a
# float. Without a point the same parameter is strict ("1e2" is refused), so a trial with a word or an exponent does not show it.
#
# Output seen:
#     --runs 2.5: 2
#     --runs 3.5: 4
#     --runs 9007199254740993.0: 9007199254740992
#     --runs 1e2: refused
#
# Whom it hurts: programs whose numbers are identities rather than amounts (seeds, ports, numbers of a year or a job): another
# run than the one asked for is repeated. argparse and click refuse all of these. A converter of one's own on the annotated type
# is strict, `Annotated[int, Parameter(converter=...)]`, also inside `... | None`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install cyclopts==5.5.2 2>/dev/null

cat >program.py <<'PYTHON'
from cyclopts import App, CoercionError

app = App(result_action="return_value")


@app.default
def runs_of(*, runs: int) -> int:
    return runs


for said in ("2.5", "3.5", "9007199254740993.0", "1e2"):
    try:
        read = app(["--runs", said], exit_on_error=False, print_error=False)
    except CoercionError:
        read = "refused"
    print(f"--runs {said}: {read}")
PYTHON

$python program.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
--runs 2.5: 2
--runs 3.5: 4
--runs 9007199254740993.0: 9007199254740992
--runs 1e2: refused
SEEN
