#!/usr/bin/env bash
# glossy 0.1.7 and nsyslog-parser 0.10.1 (npm), Node.js 20; syslog-rfc5424-parser 0.3.2, lark-parser 0.6.7 (PyPI), CPython 3.11.
#
# Behaviour: three readers of syslog's RFC 5424, and each one has another border between data and message. By the RFC an element
# ends at the first `]` that is not within a quoted value. glossy takes all up to the last word of the line that ends with `]` as
# data: it is missing from the message, and mostly from the data, too. nsyslog-parser takes a value apart at blanks with a `=`
# behind them, makes one blank of two, finds no data where a quote is escaped, and takes from the message, too, what looks like
# data, with what stands before it. syslog-rfc5424-parser finds the border, and leaves in the values the backslashes that are only
# there for the way. No error is given.
#
# Output seen (data, a bar, and the message):
#     the message is: port [3] is up
#         glossy:                {"id":"7"} | is up
#         nsyslog-parser:        {"id":"7"} | port [3] is up
#         syslog-rfc5424-parser: {"id":"7"} | port [3] is up
#     the message is: port is up [ok]
#         glossy:                {"id":"7"} |
#         nsyslog-parser:        {"id":"7"} | port is up [ok]
#         syslog-rfc5424-parser: {"id":"7"} | port is up [ok]
#     the message is: port [3 state="up"] is ready
#         glossy:                {"id":"7"} | is ready
#         nsyslog-parser:        {"id":"7"} | is ready
#         syslog-rfc5424-parser: {"id":"7"} | port [3 state="up"] is ready
#     a value has blanks and "="
#         glossy:                {"to":"sip:7@pbx;  user=phone"} | up
#         nsyslog-parser:        {"to":"sip:7@pbx;","user":"phone"} | up
#         syslog-rfc5424-parser: {"to":"sip:7@pbx;  user=phone"} | up
#     a value has quotes
#         glossy:                {"to":"\"Desk\" 7"} | up
#         nsyslog-parser:        {} | [call@32473 to="\"Desk\" 7"] up
#         syslog-rfc5424-parser: {"to":"\\\"Desk\\\" 7"} | up
#
# Whom it hurts: who collects the log of telephone systems, switches and programs that write numbers, states or times in brackets,
# or SIP addresses as values: searches for a text or a field find nothing, and the line as it came is the only one that still has
# it. Keep that line; a message without data (`-`) is read right by all of them.
set -euo pipefail
command -v npm >/dev/null || { echo "it needs Node.js and npm" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install syslog-rfc5424-parser==0.3.2 lark-parser==0.6.7 2>/dev/null
npm install --silent --no-audit --no-fund glossy@0.1.7 nsyslog-parser@0.10.1 >/dev/null

cat >read.js <<'JAVASCRIPT'
const glossy = require('glossy').Parse;
const nsyslog = require('nsyslog-parser');

const [reader, line] = process.argv.slice(2);
if (reader === 'glossy') {
  const { structuredData, message } = glossy.parse(line);
  console.log(`${JSON.stringify(structuredData['call@32473'])} | ${message}`);
} else {
  const { structuredData, message } = nsyslog(line);
  const [{ $id, ...data } = {}] = structuredData;
  console.log(`${JSON.stringify(data)} | ${message}`);
}
JAVASCRIPT

cat >read.py <<'PYTHON'
import json
import sys

from syslog_rfc5424_parser import SyslogMessage

message = SyslogMessage.parse(sys.argv[1])
print(json.dumps(message.sd["call@32473"], separators=(",", ":")), "|", message.msg)
PYTHON

all_three() {
    local line="<165>1 2026-11-30T22:14:15.003Z pbx trunk 77 - $2"
    echo "$1"
    echo "    glossy:                $(node read.js glossy "$line")"
    echo "    nsyslog-parser:        $(node read.js nsyslog "$line")"
    echo "    syslog-rfc5424-parser: $($python read.py "$line")"
}
{
    all_three 'the message is: port [3] is up' '[call@32473 id="7"] port [3] is up'
    all_three 'the message is: port is up [ok]' '[call@32473 id="7"] port is up [ok]'
    all_three 'the message is: port [3 state="up"] is ready' '[call@32473 id="7"] port [3 state="up"] is ready'
    all_three 'a value has blanks and "="' '[call@32473 to="sip:7@pbx;  user=phone"] up'
    all_three 'a value has quotes' '[call@32473 to="\"Desk\" 7"] up'
} | sed 's/ *$//' | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
the message is: port [3] is up
    glossy:                {"id":"7"} | is up
    nsyslog-parser:        {"id":"7"} | port [3] is up
    syslog-rfc5424-parser: {"id":"7"} | port [3] is up
the message is: port is up [ok]
    glossy:                {"id":"7"} |
    nsyslog-parser:        {"id":"7"} | port is up [ok]
    syslog-rfc5424-parser: {"id":"7"} | port is up [ok]
the message is: port [3 state="up"] is ready
    glossy:                {"id":"7"} | is ready
    nsyslog-parser:        {"id":"7"} | is ready
    syslog-rfc5424-parser: {"id":"7"} | port [3 state="up"] is ready
a value has blanks and "="
    glossy:                {"to":"sip:7@pbx;  user=phone"} | up
    nsyslog-parser:        {"to":"sip:7@pbx;","user":"phone"} | up
    syslog-rfc5424-parser: {"to":"sip:7@pbx;  user=phone"} | up
a value has quotes
    glossy:                {"to":"\"Desk\" 7"} | up
    nsyslog-parser:        {} | [call@32473 to="\"Desk\" 7"] up
    syslog-rfc5424-parser: {"to":"\\\"Desk\\\" 7"} | up
SEEN
