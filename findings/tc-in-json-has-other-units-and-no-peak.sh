#!/usr/bin/env bash
# iproute2 6.1.0 (Debian 12: iproute2 6.1.0-3), Linux 6.18.44. A network namespace with a veth pair; it needs root.
#
# Behaviour: `tc -j` does not say what `tc` says. A rate is a number of bytes a second, where the text and all input is in bits and
# "bps" stands for bytes; a latency is in microseconds; no unit is named. The peak rate of a token bucket (tbf) is left out, while
# its `minburst`, which is only there because of it, is printed. And classes (htb) are printed as text, `-j` or not.
#
# Output seen (for a tbf of 1 Mbit/s with a peak of 2 Mbit/s and a queue of 500 ms, and an htb class of 1 Mbit/s):
#     text: rate 1Mbit burst 20000b peakrate 2Mbit minburst 1540b lat 500ms
#     JSON: {"rate":125000,"burst":20000,"minburst":1540,"lat":500000}
#     class: text
#
# Whom it hurts: scripts that compare a line with its plan, or draw it: a rate that is taken for bits is an eighth of itself, a
# latency that is taken for milliseconds a thousand times itself, a peak that is there is none, and for classes the reader of JSON
# fails. The text has it all.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "it needs root, for a network namespace" >&2; exit 1; }
scratch=$(mktemp -d)
lines=tc-$$-lines
trap 'ip netns list | grep -o "^tc-$$-lines" | xargs -r -n1 ip netns delete; rm -rf "$scratch"' EXIT
cd "$scratch"

ip netns add "$lines"
ip -n "$lines" link add peaked type veth peer name classful
tc -n "$lines" qdisc add dev peaked root handle 1: tbf rate 1mbit burst 20000 latency 500ms peakrate 2mbit mtu 1540
tc -n "$lines" qdisc add dev classful root handle 1: htb default 10
tc -n "$lines" class add dev classful parent 1: classid 1:10 htb rate 1mbit burst 15k

kind() { python3 -c 'import json, sys; json.load(sys.stdin)' 2>/dev/null && echo JSON || echo text; }

seen=$(
    echo "text: $(tc -n "$lines" qdisc show dev peaked | grep -o 'rate .*ms')"
    echo "JSON: $(tc -n "$lines" -j qdisc show dev peaked | grep -o '{"rate[^}]*}')"
    echo "class: $(tc -n "$lines" -j class show dev classful | kind)"
)
echo "$seen"
diff - <(echo "$seen") <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
text: rate 1Mbit burst 20000b peakrate 2Mbit minburst 1540b lat 500ms
JSON: {"rate":125000,"burst":20000,"minburst":1540,"lat":500000}
class: text
SEEN
