#!/usr/bin/env bash
# rfc8785 0.1.4, jcs 0.2.1, canonicaljson 2.0.0; CPython 3.11 and later.
#
# Behaviour: three libraries make JSON canonical, so that it can be signed, and each does something else with a time in nanoseconds,
# a whole number of 19 digits. `rfc8785` raises an error. `jcs`, for the same RFC, writes another number: the RFC takes all numbers
# for doubles, and prints those as JavaScript does. `canonicaljson` (of Matrix, another rule by the same name) keeps all digits. Of
# whole seconds that are a float, and of small numbers, it writes what Python writes, and the others what JavaScript does.
#
# Output seen:
#     1796000000123456789: rfc8785 IntegerDomainError, jcs 1796000000123456800, canonicaljson 1796000000123456789
#     1796000000: rfc8785 1796000000, jcs 1796000000, canonicaljson 1796000000
#     1796000000.0: rfc8785 1796000000, jcs 1796000000, canonicaljson 1796000000.0
#     1e-07: rfc8785 1e-7, jcs 1e-7, canonicaljson 1e-07
#
# Whom it hurts: who signs license files, leases or audit lines over their canonical form, with times in nanoseconds (as most
# clocks of today give them): a signature made with one of these is not the one that another looks for, or the program that signs
# ends with an error. Times as text, or as seconds and a second number, are the same in all three.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install \
    rfc8785==0.1.4 jcs==0.2.1 canonicaljson==2.0.0 2>/dev/null

cat >forms.py <<'PYTHON'
import canonicaljson
import jcs
import rfc8785

FORMS = {
    "rfc8785": rfc8785.dumps,
    "jcs": jcs.canonicalize,
    "canonicaljson": canonicaljson.encode_canonical_json,
}


def form(write, value):
    try:
        return write(value).decode()
    except ValueError as error:
        return type(error).__name__


for time in (1_796_000_000_123_456_789, 1_796_000_000, 1_796_000_000.0, 1e-7):
    print(f"{time}:", ", ".join(f"{name} {form(write, time)}" for name, write in FORMS.items()))
PYTHON

$python forms.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
1796000000123456789: rfc8785 IntegerDomainError, jcs 1796000000123456800, canonicaljson 1796000000123456789
1796000000: rfc8785 1796000000, jcs 1796000000, canonicaljson 1796000000
1796000000.0: rfc8785 1796000000, jcs 1796000000, canonicaljson 1796000000.0
1e-07: rfc8785 1e-7, jcs 1e-7, canonicaljson 1e-07
SEEN
