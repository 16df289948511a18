"""Signed documents (JWS, alg `Ed25519`, RFC 9864) and signed challenges.

Documents that are made at the same time can share a signature: it is over the root of a Merkle
tree, and each carries its own content and proof in the JWS's unprotected header. Signing costs
more than everything else that is done for a lease; a hash costs next to nothing.

Keys come in from outside: nothing here makes one by chance.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import cast

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from licensing import merkle
from licensing.records import Record

_REGISTRY = jws.JWSRegistry(algorithms=["Ed25519"])
_DOCUMENT_BYTES = 1 << 20
_KEYS_KEPT = 2_000
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_ALTERED = "not signed by the expected key, or altered"


class SignatureInvalid(Exception):
    """A document or answer that the expected key did not sign; the message says what is wrong."""


class _Inclusion(Record):
    """One of the contents under a signature, and its proof; both base64url."""

    content: str
    proof: str


class _Document(Record):
    """A JWS in flattened JSON form, and nothing else; `header` where the payload is a root."""

    payload: str
    protected: str
    signature: str
    header: _Inclusion | None = None


class VerificationKey:
    """The public half of a key pair; its `text` (base64url, 43 characters) is how it travels."""

    def __init__(self, text: str) -> None:
        """Read `text`; raises `SignatureInvalid` where it is no Ed25519 public key."""
        self.text = text
        self._public, self._jwk = _read_key(text)

    @property
    def fingerprint(self) -> str:
        """A short form that a person can compare: 80 bits of its hash, `K7QD-3MZX-9PLV-2R6T`."""
        letters = base64.b32encode(hashlib.sha256(self.text.encode()).digest()).decode()
        return "-".join(letters[start : start + 4] for start in range(0, 16, 4))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VerificationKey) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"<VerificationKey {self.text[:8]}>"

    def verify_document(self, document: str, kind: str) -> bytes:
        """The payload of a document of the given `typ`; raises `SignatureInvalid`."""
        payload, inclusion = self._verified(document, kind)
        if inclusion:
            raise SignatureInvalid(_ALTERED)
        return payload

    def verify_one_of_batch(self, document: str, kind: str) -> bytes:
        """The content of a document of `SigningKey.sign_batch`; raises `SignatureInvalid`."""
        root, inclusion = self._verified(document, kind)
        if inclusion is None:
            raise SignatureInvalid(_ALTERED)
        try:
            content = base64.urlsafe_b64decode(inclusion.content + "==")
            proof = base64.urlsafe_b64decode(inclusion.proof + "==")
            included = merkle.root_with(content, proof) == root
        except ValueError as error:
            raise SignatureInvalid(_ALTERED) from error
        if not included:
            raise SignatureInvalid(_ALTERED)
        return content

    def _verified(self, document: str, kind: str) -> tuple[bytes, _Inclusion | None]:
        """What the signature is over, and what stands beside it."""
        if len(document) > _DOCUMENT_BYTES:
            raise SignatureInvalid("larger than 1 MiB")
        try:
            read = msgspec.json.decode(document, type=_Document)
            signed = msgspec.to_builtins(msgspec.structs.replace(read, header=None))
            del signed["header"]
            verified = jws.deserialize_json(
                cast("jws.FlattenedJSONSerialization", signed), self._jwk, registry=_REGISTRY
            )
        except (JoseError, msgspec.DecodeError, ValueError, TypeError, KeyError) as error:
            raise SignatureInvalid(_ALTERED) from error
        if verified.headers().get("typ") != kind:
            raise SignatureInvalid(f"a document of another kind, not {kind}")
        return verified.payload or b"", read.header

    def verify_answer(self, signature: str, message: bytes) -> None:
        """Check a signed challenge; raises `SignatureInvalid`."""
        try:
            self._public.verify(base64.urlsafe_b64decode(signature + "=="), message)
        except (InvalidSignature, ValueError, binascii.Error) as error:
            raise SignatureInvalid(_ALTERED) from error


@lru_cache(maxsize=_KEYS_KEPT)
def _read_key(text: str) -> tuple[Ed25519PublicKey, OKPKey]:
    """A public key as both libraries have it: to read one takes half as long as to verify with it.

    Who speaks with whom is known by few keys, which come with every message.
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=")
        public = Ed25519PublicKey.from_public_bytes(raw)
    except (ValueError, binascii.Error) as error:
        raise SignatureInvalid("not an Ed25519 public key") from error
    if text != _base64url(raw):  # one key, one text: keys are compared by it
        raise SignatureInvalid("not an Ed25519 public key in its one spelling")
    return public, OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": text})


def signer_of(document: str) -> VerificationKey:
    """The key that a document names as its own, and that has signed it; it may be anybody's.

    Raises `SignatureInvalid`.
    """
    try:
        protected = msgspec.json.decode(document, type=_Document).protected
        header = msgspec.json.decode(base64.urlsafe_b64decode(protected + "=="))
        key, kind = VerificationKey(str(header["kid"])), str(header["typ"])
    except (msgspec.DecodeError, ValueError, TypeError, KeyError) as error:
        raise SignatureInvalid(_ALTERED) from error
    key.verify_document(document, kind)
    return key


class SigningKey:
    """A key pair, made from 32 secret bytes."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self._private = Ed25519PrivateKey.from_private_bytes(secret)
        public = _base64url(self._private.public_key().public_bytes_raw())
        self.verification_key = VerificationKey(public)
        self._headers: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<SigningKey of {self.verification_key!r}>"

    def sign_document(self, payload: bytes, kind: str) -> str:
        """A JWS in flattened JSON form, with `typ` set to `kind` and `kid` to the public key.

        Put together here (RFC 7515, 5.1): the library takes longer for it than for signing.
        """
        return f"{{{self._jws(payload, kind)}}}"

    def sign_batch(self, contents: Sequence[bytes], kind: str) -> list[str]:
        """A document for each of `contents`, all under one signature of the given `typ`."""
        if not contents:
            return []
        root, proofs = merkle.root_and_proofs(contents)
        signed = self._jws(root, kind)
        return [
            f'{{"header":{{"content":"{_base64url(content)}","proof":"{_base64url(proof)}"}},{signed}}}'
            for content, proof in zip(contents, proofs, strict=True)
        ]

    def _jws(self, payload: bytes, kind: str) -> str:
        """The members of a flattened JWS."""
        protected, content = self._protected(kind), _base64url(payload)
        signature = self.sign_answer(f"{protected}.{content}".encode())
        return f'"payload":"{content}","protected":"{protected}","signature":"{signature}"'

    def sign_answer(self, message: bytes) -> str:
        """The base64url signature over `message`."""
        return _base64url(self._private.sign(message))

    def _protected(self, kind: str) -> str:
        if kind not in self._headers:
            header = {"alg": "Ed25519", "typ": kind, "kid": self.verification_key.text}
            self._headers[kind] = _base64url(msgspec.json.encode(header))
        return self._headers[kind]


def _base64url(raw: bytes) -> str:
    # `base64.urlsafe_b64encode` without its three calls in each other: it is called for each lease.
    return binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE, b"=").decode()
