#!/usr/bin/env bash
# krock32 0.1.1, base32-crockford 0.3.0; CPython 3.11 and later.
#
# Behaviour: both write the base 32 of Douglas Crockford, made for codes that people type, with its check symbol. It is defined for
# numbers. `krock32` writes bytes: it fills the last symbol with zeros on the right, so that the same bytes, taken as a number, are
# another code, unless their bits are a multiple of five. Its check symbol is that of the bytes as a number, without those zeros;
# by the definition it is that of the number that the symbols are. So the one refuses every such code of the other as mistyped.
#
# Output seen (bytes in hexadecimal):
#     04d2: krock32 0K90, base32-crockford 16J; with a check symbol 0K90D and 16JD
#         base32-crockford reads krock32's as: 19744; with the check symbol: invalid check symbol 'D' for string '0K90'
#     0012345678: krock32 00938NKR, base32-crockford 938NKR; with a check symbol 00938NKRX and 938NKRX
#         base32-crockford reads krock32's as: 305419896; with the check symbol: 305419896
#
# Whom it hurts: who prints codes for license activation, vouchers or Locking IDs with the one and checks them with the other. Codes
# of five, ten, fifteen bytes agree, so that it works in a test with UUIDs cut to ten bytes, and not with those of sixteen.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install krock32==0.1.1 base32-crockford==0.3.0 2>/dev/null

cat >codes.py <<'PYTHON'
import base32_crockford
import krock32


def of_bytes(code, *, check):
    encoder = krock32.Encoder(checksum=check)
    encoder.update(code)
    return encoder.finalize().upper()


def read(text, *, check):
    try:
        return base32_crockford.decode(text, checksum=check)
    except ValueError as error:
        return error


for code in (bytes.fromhex("04d2"), bytes.fromhex("0012345678")):
    number = int.from_bytes(code, "big")
    bare, checked = of_bytes(code, check=False), of_bytes(code, check=True)
    print(f"{code.hex()}: krock32 {bare}, base32-crockford {base32_crockford.encode(number)};", end=" ")
    print(f"with a check symbol {checked} and {base32_crockford.encode(number, checksum=True)}")
    print(f"    base32-crockford reads krock32's as: {read(bare, check=False)};", end=" ")
    print(f"with the check symbol: {read(checked, check=True)}")
PYTHON

$python codes.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
04d2: krock32 0K90, base32-crockford 16J; with a check symbol 0K90D and 16JD
    base32-crockford reads krock32's as: 19744; with the check symbol: invalid check symbol 'D' for string '0K90'
0012345678: krock32 00938NKR, base32-crockford 938NKR; with a check symbol 00938NKRX and 938NKRX
    base32-crockford reads krock32's as: 305419896; with the check symbol: 305419896
SEEN
