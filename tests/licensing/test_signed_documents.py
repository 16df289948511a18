"""License file and lease: what their signatures promise."""

import base64
import contextlib
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OKPKey

from licensing import merkle
from licensing.entitlements import Entitlement
from licensing.errors import LicensingError
from licensing.lease import LEASE_KIND, Lease, read_lease, sign_leases
from licensing.license_file import (
    LICENSE_FILE_KIND,
    LicenseFile,
    read_license_file,
    sign_license_file,
)
from licensing.policies import DAY_NS
from licensing.signing import SignatureInvalid, SigningKey, VerificationKey

KEY, OTHER_KEY = SigningKey(bytes(32)), SigningKey(bytes(31) + b"1")
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
FILE = LicenseFile(
    serial=7,
    issued_at=NOW,
    locking_id="00-1A-E8-4C-00-01",
    epoch=2,
    entitlements=[
        Entitlement(seats={"fax": 3}, valid_until=datetime(2026, 6, 1, tzinfo=UTC)),
        Entitlement(seats={"base": 1, "ip": 40}, valid_until=datetime(2027, 1, 1, tzinfo=UTC)),
    ],
    failover_period_s=2_592_000,
    lacs=["00000-00000-00000-00000"],
    company="Example Ltd",
)
LEASE = Lease(
    lease_id="lease-1",
    node="north",
    epoch=2,
    seq=3,
    serial=7,
    entitlements=[Entitlement(seats={"tdm": 10})],
    failover_period_s=2_592_000,
)
OTHER_LEASE = msgspec.structs.replace(LEASE, node="south")
FILE_DOCUMENT = sign_license_file(FILE, KEY)
LEASE_DOCUMENT, OTHER_LEASE_DOCUMENT = sign_leases([LEASE, OTHER_LEASE], KEY)


def saying(seats: dict[str, int], valid_until: datetime | None = None) -> dict[str, object]:
    """What a license file says of its seats, as changes of another."""
    return {"entitlements": [Entitlement(seats=seats, valid_until=valid_until)]}


def file_problem(document: str, key: SigningKey = KEY) -> str:
    """What is wrong with a document as a license file."""
    with pytest.raises(LicensingError) as refusal:
        read_license_file(document, key.verification_key)
    assert refusal.value.code == "license-file-invalid"
    return refusal.value.message


def lease_problem(document: str, key: SigningKey = KEY, node: str = "north") -> str:
    """What is wrong with a document as a lease of `node`."""
    with pytest.raises(LicensingError) as refusal:
        read_lease(document, key.verification_key, node)
    assert refusal.value.code == "lease-invalid"
    return refusal.value.message


def header(document: str) -> dict[str, str]:
    """The protected header of a signed document."""
    text = msgspec.json.decode(document)["protected"]
    return msgspec.json.decode(base64.urlsafe_b64decode(text + "=="), type=dict[str, str])


def test_a_license_file_and_a_lease_are_read_back_as_they_were_signed():
    """Round trip; the same content and key give the same bytes; periods in nanoseconds."""
    assert read_license_file(FILE_DOCUMENT, KEY.verification_key) == FILE
    assert read_lease(LEASE_DOCUMENT, KEY.verification_key, "north") == LEASE
    assert read_lease(OTHER_LEASE_DOCUMENT, KEY.verification_key, "south") == OTHER_LEASE
    assert sign_license_file(FILE, KEY) == FILE_DOCUMENT
    assert FILE.failover_period_ns == LEASE.failover_period_ns == 30 * DAY_NS


def test_a_document_is_what_the_jose_library_makes_of_it():
    """RFC 7515, flattened JSON: byte for byte, so that every library reads it."""
    secret = base64.urlsafe_b64encode(KEY.secret).decode().rstrip("=")
    public = KEY.verification_key.text
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": public, "d": secret})
    made = jws.serialize_json(
        {"protected": {"alg": "Ed25519", "typ": LICENSE_FILE_KIND, "kid": public}},
        msgspec.json.encode(FILE, order="deterministic"),
        key,
        registry=jws.JWSRegistry(algorithms=["Ed25519"]),
    )
    assert msgspec.json.encode(made, order="sorted").decode() == FILE_DOCUMENT


def test_a_lease_is_a_jws_for_the_jose_library_too():
    """RFC 7515, 7.2.2: what the signature is over is the root, the rest is unprotected header."""
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": KEY.verification_key.text})
    registry = jws.JWSRegistry(algorithms=["Ed25519"], strict_check_header=False)
    signed = jws.deserialize_json(msgspec.json.decode(LEASE_DOCUMENT), key, registry=registry)
    contents = [msgspec.json.encode(lease, order="deterministic") for lease in (LEASE, OTHER_LEASE)]
    assert signed.payload == merkle.root_and_proofs(contents)[0]


def test_the_header_says_algorithm_kind_and_key():
    """RFC 9864: `Ed25519`, not the deprecated `EdDSA`."""
    assert header(FILE_DOCUMENT) == {
        "alg": "Ed25519",
        "typ": "license-file+jws",
        "kid": KEY.verification_key.text,
    }
    assert header(LEASE_DOCUMENT)["typ"] == "leases+jws"


def test_another_key_another_kind_and_another_node_are_told_apart():
    """Each refusal has its own words."""
    assert "expected key" in file_problem(FILE_DOCUMENT, OTHER_KEY)
    assert "expected key" in lease_problem(LEASE_DOCUMENT, OTHER_KEY)
    assert "another kind" in file_problem(LEASE_DOCUMENT)
    assert "another kind" in lease_problem(FILE_DOCUMENT)
    assert "made out to north" in lease_problem(LEASE_DOCUMENT, node="south")


@given(st.data())
def test_an_altered_document_is_refused_or_says_the_same(data):
    """No changed character ever changes what the file says (A12, A13)."""
    place = data.draw(st.integers(0, len(FILE_DOCUMENT) - 1))
    character = data.draw(st.characters(codec="utf-8"))
    altered = FILE_DOCUMENT[:place] + character + FILE_DOCUMENT[place + 1 :]
    with contextlib.suppress(LicensingError):
        assert read_license_file(altered, KEY.verification_key) == FILE


@given(st.data())
def test_an_altered_lease_is_refused_or_says_the_same(data):
    """Content, proof, root and signature hang together (A12)."""
    place = data.draw(st.integers(0, len(LEASE_DOCUMENT) - 1))
    character = data.draw(st.characters(codec="utf-8"))
    altered = LEASE_DOCUMENT[:place] + character + LEASE_DOCUMENT[place + 1 :]
    with contextlib.suppress(LicensingError):
        assert read_lease(altered, KEY.verification_key, "north") == LEASE


def test_a_lease_under_the_signature_of_others_is_refused():
    """Its content was never among those that were signed, whatever proof it borrows."""
    richer = msgspec.structs.replace(LEASE, entitlements=[Entitlement(seats={"tdm": 9000})])
    (forged,) = sign_leases([richer], OTHER_KEY)
    borrowed = msgspec.json.decode(LEASE_DOCUMENT)
    borrowed["header"]["content"] = msgspec.json.decode(forged)["header"]["content"]
    assert "altered" in lease_problem(msgspec.json.encode(borrowed).decode())


def test_more_seats_under_the_old_signature_are_refused():
    """The forger's obvious attempt: payload of one, signature of another."""
    richer = sign_license_file(
        msgspec.structs.replace(FILE, entitlements=[Entitlement(seats={"base": 1, "ip": 9000})]),
        OTHER_KEY,
    )
    forged = msgspec.json.decode(FILE_DOCUMENT) | {
        "payload": msgspec.json.decode(richer)["payload"]
    }
    assert "altered" in file_problem(msgspec.json.encode(forged).decode())


@pytest.mark.parametrize("algorithm", ["none", "HS256", "EdDSA", "RS256", "", 5])
def test_no_other_algorithm_is_accepted(algorithm):
    """The algorithm is pinned: the header cannot choose a weaker one."""
    document = msgspec.json.decode(FILE_DOCUMENT)
    weaker = msgspec.json.encode({"alg": algorithm, "typ": LICENSE_FILE_KIND})
    document["protected"] = base64.urlsafe_b64encode(weaker).rstrip(b"=").decode()
    assert "altered" in file_problem(msgspec.json.encode(document).decode())


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{}",
        "[]",
        "null",
        "\x00",
        "\ud800",
        "[" * 100_000,
        '{"payload":' * 50_000,
        FILE_DOCUMENT[:-1],
        FILE_DOCUMENT[:-1] + ',"header":"x"}',
        FILE_DOCUMENT[:-1] + ',"payload":"e30"}',
        '{"payload":"e30","protected":"W10","signature":"e30"}',
    ],
)
def test_absurd_documents_are_refused(document):
    """Empty, truncated, too deep, with fields beside the signature: always the same error."""
    assert "altered" in file_problem(document)
    assert "altered" in lease_problem(document)


def test_a_document_beyond_1_mib_is_refused_unread():
    """A bound on the work that a stranger can cause."""
    assert "1 MiB" in file_problem(FILE_DOCUMENT + " " * (1 << 20))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (saying({"base": 1, "iq": 2, "ap": 1}), "unknown licenses: ap, iq"),
        (saying({"ip": -1}), "negative"),
        ({"failover_period_s": 0}, "failover period"),
        ({"failover_period_s": 2_592_001}, "failover period"),
        ({"issued_at": datetime(2026, 3, 2)}, "time zone"),  # noqa: DTZ001 - the fault
        (saying({"ip": 1}, datetime(2027, 1, 1)), "time zone"),  # noqa: DTZ001 - the fault
    ],
)
def test_a_well_signed_file_of_impossible_content_is_refused(changes, said):
    """A vendor's mistake is not taken over: unknown licenses, over 30 days, dates without zone."""
    assert said in file_problem(sign_license_file(msgspec.structs.replace(FILE, **changes), KEY))


def test_a_well_signed_payload_that_is_no_license_file_is_refused():
    """The place in the content is named."""
    assert "serial" in file_problem(KEY.sign_document(b'{"version":2}', LICENSE_FILE_KIND))
    newer = msgspec.json.encode({"version": 3})
    assert "$.version" in file_problem(KEY.sign_document(newer, LICENSE_FILE_KIND))


@given(st.binary(max_size=100))
def test_a_signed_challenge_is_verified_by_its_key_and_for_its_message_only(message):
    """The node's answer to the CLA's challenge."""
    signature = KEY.sign_answer(message)
    KEY.verification_key.verify_answer(signature, message)
    for key, text in ((OTHER_KEY, message), (KEY, message + b"x")):
        with pytest.raises(SignatureInvalid):
            key.verification_key.verify_answer(signature, text)


@pytest.mark.parametrize("signature", ["", "A", "!", "é", "\ud800", "A" * 86])
def test_an_unreadable_answer_is_a_wrong_answer(signature):
    """Never another exception."""
    with pytest.raises(SignatureInvalid):
        KEY.verification_key.verify_answer(signature, b"")


TEXT = KEY.verification_key.text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        TEXT[:-1],
        TEXT + "A",
        TEXT + "=",
        TEXT + "\n",
        "!" + TEXT,
        "é" * 43,
        TEXT[:-1] + "l",
    ],
)
def test_a_public_key_has_one_spelling(text):
    """Keys are compared as text, so another text of the same bytes is no key."""
    with pytest.raises(SignatureInvalid):
        VerificationKey(text)


def test_keys_are_equal_by_text_and_keep_their_secret():
    """Equal, hashable, and no secret in what a log would print."""
    assert VerificationKey(TEXT) == KEY.verification_key != OTHER_KEY.verification_key
    assert len({VerificationKey(TEXT), KEY.verification_key}) == 1
    assert repr(KEY) == f"<SigningKey of <VerificationKey {TEXT[:8]}>>"


def test_a_license_file_of_version_1_is_read_as_one_entry():
    """F14: all that a license server of the version before had bought ends together."""
    content = {
        **msgspec.json.decode(msgspec.json.encode(FILE)),
        "version": 1,
        "licenses": {"base": 1, "ip": 40},
        "valid_until": "2027-01-01T00:00:00Z",
    }
    del content["entitlements"]
    document = KEY.sign_document(msgspec.json.encode(content), LICENSE_FILE_KIND)
    end = datetime(2027, 1, 1, tzinfo=UTC)
    one = [Entitlement(seats={"base": 1, "ip": 40}, valid_until=end)]
    file = read_license_file(document, KEY.verification_key)
    assert file == msgspec.structs.replace(FILE, entitlements=one)


def test_a_lease_of_version_1_is_read_as_one_entry_that_ends_with_the_file():
    """F14: a node that was updated goes on by the lease that it has."""
    content = msgspec.json.decode(msgspec.json.encode(LEASE))
    end = datetime(2027, 1, 1, tzinfo=UTC)
    content |= {"version": 1, "seats": {"tdm": 10}, "valid_until": end.isoformat()}
    del content["entitlements"]
    (document,) = KEY.sign_batch([msgspec.json.encode(content)], LEASE_KIND)
    lease = read_lease(document, KEY.verification_key, "north")
    assert lease.entitlements == [Entitlement(seats={"tdm": 10}, valid_until=end)]
    assert (lease.seats, lease.valid_until) == ({"tdm": 10}, end)


def test_each_entry_is_in_force_until_its_own_end():
    """F14: at the end of one entry its seats go, and nothing else does."""
    first, last = (entry.end_ns for entry in FILE.entitlements)
    whole = {"base": 1, "ip": 40, "fax": 3}
    assert FILE.licenses == FILE.licenses_at(first - 1) == whole
    assert FILE.licenses_at(first) == FILE.licenses_at(last - 1) == {"base": 1, "ip": 40}
    assert (FILE.ends_ns, FILE.licenses_at(last)) == (last, {"base": 1, "ip": 40})
