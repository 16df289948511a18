#!/usr/bin/env bash
# dtmf 1.1.0, heard by pydtmf 1.0.0 (both PyPI), CPython 3.11 and later.
#
# Behaviour: `dtmf.generate` computes one period of each tone, rounded up to whole samples, and repeats it. At the usual 8000
# samples a second that are 5 to 12 samples, so that a tone comes out up to 9.7 % flat; ITU-T Q.23 allows 1.8 %. The columns of
# 1336 and 1477 Hz both have 6 samples and so the same tone: 3, 6, 9 and # sound like 2, 5, 8 and 0. No error is given, and to the
# ear it is a dial. With more samples a second it is better, and at 44100 the column of 1633 Hz still lacks 3.6 %.
#
# Output seen (the tones of a key as they should be, and as measured; which keys are heard as what they are, of 40 ms each):
#     1: 697 + 1209 Hz, generated 666 + 1143 Hz
#     2: 697 + 1336 Hz, generated 667 + 1333 Hz
#     3: 697 + 1477 Hz, generated 667 + 1333 Hz
#     5: 770 + 1336 Hz, generated 727 + 1334 Hz
#     6: 770 + 1477 Hz, generated 727 + 1334 Hz
#     D: 941 + 1633 Hz, generated 889 + 1600 Hz
#     sums of two sines: heard right 123A456B789C*0#D, wrong none
#     dtmf.generate:     heard right 2A, wrong 3 as 2
#
# Whom it hurts: tests of voice menus, conferences and dial-in, which take their tones from it: the exchange does not answer, or a
# wrong number is dialled, and the fault is looked for in codecs and lines. The sum of two sines, each for all samples, is right.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install dtmf==1.1.0 pydtmf==1.0.0 2>/dev/null

cat >tones.py <<'PYTHON'
import dtmf
import PyDTMF
from cmath import exp
from math import pi, sin

RATE, SAMPLES = 8000, 320
KEYS = {
    key: (low, high)
    for low, row in zip((697, 770, 852, 941), ("123A", "456B", "789C", "*0#D"))
    for high, key in zip((1209, 1336, 1477, 1633), row)
}


def loudest(sound, frequencies):
    """Of these frequencies the one that the sound has most of."""
    return max(frequencies, key=lambda each: abs(sum(value * exp(-2j * pi * each * n / RATE) for n, value in enumerate(sound))))


def sines(key):
    """The tones of a key as they should be, and as long a pause."""
    return [sum(sin(2 * pi * each * n / RATE) for each in KEYS[key]) for n in range(SAMPLES)] + [0] * SAMPLES


def generated(key):
    """The same by dtmf, as it is by default."""
    return list(dtmf.generate(dtmf.parse(key)))


for key in "12356D":
    sound = generated(key)[:SAMPLES]
    low, high = loudest(sound, range(550, 1010)), loudest(sound, range(1050, 1750))
    print(f"{key}: {KEYS[key][0]} + {KEYS[key][1]} Hz, generated {low} + {high} Hz")
for name, make in (("sums of two sines:", sines), ("dtmf.generate:", generated)):
    heard = {key: PyDTMF.from_pcm([round(8000 * value) for value in make(key)] + [0] * RATE)[0] for key in KEYS}
    right = "".join(key for key in KEYS if heard[key] == key)
    wrong = ", ".join(f"{key} as {heard[key]}" for key in KEYS if heard[key] not in ("", key))
    print(f"{name:18} heard right {right}, wrong {wrong or 'none'}")
PYTHON

$python tones.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
1: 697 + 1209 Hz, generated 666 + 1143 Hz
2: 697 + 1336 Hz, generated 667 + 1333 Hz
3: 697 + 1477 Hz, generated 667 + 1333 Hz
5: 770 + 1336 Hz, generated 727 + 1334 Hz
6: 770 + 1477 Hz, generated 727 + 1334 Hz
D: 941 + 1633 Hz, generated 889 + 1600 Hz
sums of two sines: heard right 123A456B789C*0#D, wrong none
dtmf.generate:     heard right 2A, wrong 3 as 2
SEEN
