#!/usr/bin/env bash
# opensip 0.2.1, aiortp 0.8.0 (PyPI), CPython 3.11 and later; the other side is alawmulaw 6.0.0 (npm), Node.js 20.
#
# Behaviour: G.711 has two laws, and two libraries for SIP and RTP have one of them wrong. opensip takes the segment of the mu-law
# (PCMU) one too high when it encodes: up to half of full scale a sample comes out two to three times as large, a small one more
# than that, and silence as 260; what is larger is right, and so smaller than what was less. It decodes well. aiortp has the sign
# of the A-law (PCMA) the other way round, in both directions: the sound is upside down, and two of its own do not notice. No error
# is given; the other law of each is right.
#
# Output seen (samples, and what they are on the other side):
#     samples:                      0 1000 -1000 16000 20000
#     opensip to alawmulaw, mu-law: 260 3004 -3004 32124 19836
#     opensip to alawmulaw, A-law:  8 1008 -1008 16128 19968
#     aiortp to alawmulaw, mu-law:  0 988 -988 15996 19836
#     aiortp to alawmulaw, A-law:   -8 -1008 1008 -16128 -19968
#     alawmulaw to opensip, mu-law: 0 988 -988 15996 19836
#     alawmulaw to opensip, A-law:  8 1008 -1008 16128 19968
#     alawmulaw to aiortp, mu-law:  0 988 -988 15996 19836
#     alawmulaw to aiortp, A-law:   -8 -1008 1008 -16128 -19968
#     alawmulaw to itself, mu-law:  0 988 -988 15996 19836
#     alawmulaw to itself, A-law:   8 1008 -1008 16128 19968
#
# Whom it hurts: callers who hear a loud and shrill voice, and who compares or mixes sound: a tone of 1 kHz has the wrong level,
# the recordings of both ends differ, and a voice that comes once this way and once that way cancels itself in a conference. Offer
# the law that is right: A-law with opensip, mu-law with aiortp.
set -euo pipefail
command -v npm >/dev/null || { echo "it needs Node.js and npm" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install opensip==0.2.1 aiortp==0.8.0 2>/dev/null
npm install --silent --no-audit --no-fund alawmulaw@6.0.0 >/dev/null

cat >other.mjs <<'JAVASCRIPT'
import alawmulaw from 'alawmulaw';

const [law, direction, values] = process.argv.slice(2);
const { encodeSample, decodeSample } = alawmulaw[law];
const convert = direction === 'encode' ? (value) => encodeSample(value) & 0xff : (value) => decodeSample(value);
console.log(JSON.stringify(JSON.parse(values).map((value) => convert(value))));
JAVASCRIPT

cat >speak.py <<'PYTHON'
import json
import struct
import subprocess

import aiortp
from opensip import codecs

SAMPLES = [0, 1000, -1000, 16000, 20000]
LAWS = {"mulaw": "mu-law", "alaw": "A-law"}


def other(law, direction, values):
    """What alawmulaw makes of them."""
    done = subprocess.run(["node", "other.mjs", law, direction, json.dumps(values)], check=True, capture_output=True)
    return json.loads(done.stdout)


def both_ways(encode, decode):
    """A library of bytes as one of numbers."""
    return {
        "encode": lambda values: list(encode(struct.pack(f"<{len(values)}h", *values))),
        "decode": lambda values: list(struct.unpack(f"<{len(values)}h", decode(bytes(values)))),
    }


def libraries(law):
    """The three of them, for one law."""
    by_opensip = {"mulaw": (codecs.pcm_to_ulaw, codecs.ulaw_to_pcm), "alaw": (codecs.pcm_to_alaw, codecs.alaw_to_pcm)}[law]
    by_aiortp = aiortp.get_codec({"mulaw": 0, "alaw": 8}[law])
    return {
        "opensip": both_ways(*by_opensip),
        "aiortp": both_ways(by_aiortp.encode, by_aiortp.decode),
        "alawmulaw": {direction: lambda values, way=direction: other(law, way, values) for direction in ("encode", "decode")},
    }


print(f"{'samples:':29}", *SAMPLES)
for one, two in (
    ("opensip", "alawmulaw"),
    ("aiortp", "alawmulaw"),
    ("alawmulaw", "opensip"),
    ("alawmulaw", "aiortp"),
    ("alawmulaw", "alawmulaw"),
):
    for law, name in LAWS.items():
        heard = libraries(law)[two]["decode"](libraries(law)[one]["encode"](SAMPLES))
        way = f"{one} to {'itself' if two == one else two}, {name}:"
        print(f"{way:29}", *heard)
PYTHON

$python speak.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
samples:                      0 1000 -1000 16000 20000
opensip to alawmulaw, mu-law: 260 3004 -3004 32124 19836
opensip to alawmulaw, A-law:  8 1008 -1008 16128 19968
aiortp to alawmulaw, mu-law:  0 988 -988 15996 19836
aiortp to alawmulaw, A-law:   -8 -1008 1008 -16128 -19968
alawmulaw to opensip, mu-law: 0 988 -988 15996 19836
alawmulaw to opensip, A-law:  8 1008 -1008 16128 19968
alawmulaw to aiortp, mu-law:  0 988 -988 15996 19836
alawmulaw to aiortp, A-law:   -8 -1008 1008 -16128 -19968
alawmulaw to itself, mu-law:  0 988 -988 15996 19836
alawmulaw to itself, A-law:   8 1008 -1008 16128 19968
SEEN
