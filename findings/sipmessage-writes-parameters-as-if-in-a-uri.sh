#!/usr/bin/env bash
# sipmessage 0.7.1 (PyPI), CPython 3.11 and later; beside it sip 0.0.6 (npm), Node.js 20.
#
# Behaviour: in a SIP URI what is special is written with `%` and two digits. In the parameters of a header field it is not: RFC
# 3261 has tokens there, which may contain ! % * + ' ~ and others, and quoted texts. sipmessage treats both alike. Whenever it
# writes a field as an object (Via, From, To, Contact, Content-Type), "+" becomes "%2B", "!" becomes "%21", each quote "%22", and
# "%41" in what came becomes "A". No error is given. Letters, digits, "-", "." and "_" stay, so those of many telephones go
# through.
#
# Output seen (a field as it came, and as it is written again after it has been read):
#     Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK-7.a_1
#         sipmessage: same
#         sip (npm):  same
#     Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK+7!a
#         sipmessage: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK%2B7%21a
#         sip (npm):  same
#     From: <sip:7@192.0.2.2>;tag=b%41d
#         sipmessage: <sip:7@192.0.2.2>;tag=bAd
#         sip (npm):  same
#     Contact: <sip:7@192.0.2.2>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"
#         sipmessage: <sip:7@192.0.2.2>;%2Bsip.instance=%22%3Curn%3Auuid%3A00000000-0000-1000-8000-000A95A0E128%3E%22
#         sip (npm):  same
#
# Whom it hurts: servers and proxies that take a request apart and copy its fields into the answer or onwards: the caller finds no
# request of its own to a branch or tag that has changed, sends it again, and gives up after half a minute; a registrar behind them
# does not know the instance of a telephone (RFC 5626). The texts as they came (`headers`) are right: copy those, and no objects.
set -euo pipefail
command -v npm >/dev/null || { echo "it needs Node.js and npm" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install sipmessage==0.7.1 2>/dev/null
npm install --silent --no-audit --no-fund sip@0.0.6 >/dev/null

cat >again.py <<'PYTHON'
import sys

from sipmessage import Request, Response

request = Request.parse(sys.stdin.buffer.read())
answer = Response(code=200, phrase="OK")
answer.via = request.via
answer.from_address = request.from_address
answer.contact = request.contact
print(answer.headers.get(sys.argv[1]))
PYTHON

cat >again.js <<'JAVASCRIPT'
const { parse, stringify } = require('sip');

const { headers } = parse(require('node:fs').readFileSync(0, 'utf8'));
const { via, from, contact } = headers;
const lines = stringify({ status: 200, reason: 'OK', version: '2.0', headers: { via, from, contact } }).split('\r\n');
console.log(lines.find((line) => line.startsWith(`${process.argv[2]}: `)).slice(process.argv[2].length + 2).trim());
JAVASCRIPT

via='SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK-7.a_1'
from='<sip:7@192.0.2.2>;tag=1'
contact='<sip:7@192.0.2.2>'
request() {
    printf '%s\r\n' 'REGISTER sip:192.0.2.1 SIP/2.0' "Via: $via" 'Max-Forwards: 70' "From: $from" 'To: <sip:7@192.0.2.1>' \
        'Call-ID: 1' 'CSeq: 1 REGISTER' "Contact: $contact" 'Content-Length: 0' ''
}
compared() { [ "$1" = "$2" ] && echo "same" || echo "$2"; }
field() {
    local "${1,,}=$2"
    echo "$1: $2"
    echo "    sipmessage: $(compared "$2" "$(request | $python again.py "$1")")"
    echo "    sip (npm):  $(compared "$2" "$(request | node again.js "$1")")"
}
{
    field Via 'SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK-7.a_1'
    field Via 'SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK+7!a'
    field From '<sip:7@192.0.2.2>;tag=b%41d'
    field Contact '<sip:7@192.0.2.2>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"'
} | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK-7.a_1
    sipmessage: same
    sip (npm):  same
Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK+7!a
    sipmessage: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK%2B7%21a
    sip (npm):  same
From: <sip:7@192.0.2.2>;tag=b%41d
    sipmessage: <sip:7@192.0.2.2>;tag=bAd
    sip (npm):  same
Contact: <sip:7@192.0.2.2>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"
    sipmessage: <sip:7@192.0.2.2>;%2Bsip.instance=%22%3Curn%3Auuid%3A00000000-0000-1000-8000-000A95A0E128%3E%22
    sip (npm):  same
SEEN
