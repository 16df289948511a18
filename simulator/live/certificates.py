"""A private authority for one live run, and the certificates of its hosts.

Keys and serials follow from the run's dice, so these are certificates for watching a run, never
for a real network. Validity is real time: TLS judges by the computer's clock, not a simulated one.
"""

import ipaddress
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Token = Callable[[int], bytes]


class Authority:
    """An authority that is valid from `begins` to `ends` (real UTC); `token` gives its chance."""

    def __init__(self, token: Token, begins: datetime, ends: datetime) -> None:
        self._token = token
        self._begins = begins
        self._ends = ends
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of this run")])
        self._key = _make_key(token)
        self._certificate = self._sign(
            self._name, self._key, [], begins, ends, x509.BasicConstraints(ca=True, path_length=0)
        )

    @property
    def pem(self) -> bytes:
        """Its certificate, for those who trust it."""
        return self._certificate.public_bytes(Encoding.PEM)

    def equip(
        self,
        directory: Path,
        *,
        names: Iterable[str] = (),
        addresses: Iterable[str] = (),
        begins: datetime | None = None,
        ends: datetime | None = None,
    ) -> dict[str, str]:
        """Write a host's three PEM files; returns the options of its process that name them.

        The certificate is good for these DNS names and IP addresses, by default for as long as
        the authority. Raises `ValueError` for an address that is none.
        """
        subjects = [
            *map(x509.DNSName, names),
            *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses),
        ]
        key = _make_key(self._token)
        certificate = self._sign(
            x509.Name([]),
            key,
            subjects,
            begins or self._begins,
            ends or self._ends,
            x509.BasicConstraints(ca=False, path_length=None),
        )
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = certificate.public_bytes(Encoding.PEM)
        return {
            "certificate": _written(directory / "certificate.pem", public),
            "key": _written(directory / "key.pem", secret),
            "authority": _written(directory / "authority.pem", self.pem),
        }

    def _sign(
        self,
        subject: x509.Name,
        key: Ed25519PrivateKey,
        subjects: list[x509.GeneralName],
        begins: datetime,
        ends: datetime,
        constraints: x509.BasicConstraints,
    ) -> x509.Certificate:
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(int.from_bytes(self._token(16), "big") >> 1)
            .not_valid_before(begins)
            .not_valid_after(ends)
            .add_extension(constraints, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(issuer_key, critical=False)
        )
        if subjects:  # with an empty subject it is critical (RFC 5280, 4.2.1.6)
            builder = builder.add_extension(x509.SubjectAlternativeName(subjects), critical=True)
        return builder.sign(self._key, None)


def _make_key(token: Token) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(token(32))


def _written(path: Path, content: bytes) -> str:
    """The path of a new private file."""
    path.touch(mode=0o600)
    path.write_bytes(content)
    return str(path)
