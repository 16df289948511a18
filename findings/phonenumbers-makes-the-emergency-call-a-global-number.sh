#!/usr/bin/env bash
# phonenumbers 9.0.43 (PyPI, the port of libphonenumber), CPython 3.11 and later.
#
# Behaviour: a telephone number that means something only somewhere (an extension, an emergency number) is written as a local number
# with a `phone-context` in a tel URI (RFC 3966). That context may be the first digits of a global number; the RFC says that the two
# written one behind the other are none, except by coincidence. `parse` puts them together. An emergency call with the context of
# a telephone system becomes the number of one of its extensions: valid, a fixed line, not an emergency number, and it is written
# as a global number from then on. Where the context is a domain, it is forgotten, and the local number is one of the region that is
# given for numbers without a country. No error is given.
#
# Output seen (a system in Germany; its numbers are among those that are reserved for films):
#     tel:112;phone-context=+498999998:  tel:+49-89-99998112, valid True, emergency False
#     tel:110;phone-context=+498999998:  tel:+49-89-99998110, valid True, emergency False
#     tel:200;phone-context=+498999998:  tel:+49-89-99998200, valid True, emergency False
#     tel:112;phone-context=+49:         tel:+49-112, valid False, emergency True
#     tel:112;phone-context=example.com: tel:+49-112, valid False, emergency True
#     tel:200;phone-context=example.com: tel:+49-200, valid False, emergency False
#
# Whom it hurts: gateways, call detail records and lists of numbers that bring tel URIs of telephone systems into one form: 112 is
# billed, shown or dialed as an extension of the system, and each extension as a public number, whether it has one or not. The
# country alone as context keeps an emergency number recognizable; look for `phone-context` before parsing.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install phonenumbers==9.0.43 2>/dev/null

cat >local.py <<'PYTHON'
import phonenumbers
from phonenumbers import PhoneNumberFormat, is_emergency_number, national_significant_number

for local, context in (
    ("112", "+498999998"),
    ("110", "+498999998"),
    ("200", "+498999998"),
    ("112", "+49"),
    ("112", "example.com"),
    ("200", "example.com"),
):
    uri = f"tel:{local};phone-context={context}"
    number = phonenumbers.parse(uri, "DE")
    again = phonenumbers.format_number(number, PhoneNumberFormat.RFC3966)
    emergency = is_emergency_number(national_significant_number(number), "DE")
    print(f"{uri + ':':34} {again}, valid {phonenumbers.is_valid_number(number)}, emergency {emergency}")
PYTHON

$python local.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
tel:112;phone-context=+498999998:  tel:+49-89-99998112, valid True, emergency False
tel:110;phone-context=+498999998:  tel:+49-89-99998110, valid True, emergency False
tel:200;phone-context=+498999998:  tel:+49-89-99998200, valid True, emergency False
tel:112;phone-context=+49:         tel:+49-112, valid False, emergency True
tel:112;phone-context=example.com: tel:+49-112, valid False, emergency True
tel:200;phone-context=example.com: tel:+49-200, valid False, emergency False
SEEN
