"""A certificate authority for tests, and the certificates it signs."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path


_CA = x509.BasicConstraints(ca=True, path_length=0)


class Authority:
    """Signs certificates for host names; `ca_file` is what a client that trusts it loads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Headgate test authority")])
        certificate = self._builder(self._name, self._key.public_key(), days=1)
        certificate = certificate.add_extension(_CA, critical=True)
        signed = certificate.sign(self._key, hashes.SHA256())
        self.ca_file = folder / "authority.pem"
        self.ca_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def context(
        self, host: str, *protocols: str, days: int = 1, seen: list[str | None] | None = None
    ) -> ssl.SSLContext:
        """What a server for `host` needs; the names that clients ask for are added to `seen`."""
        path = self.file(host, days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        if protocols:
            context.set_alpn_protocols(list(protocols))
        if seen is not None:
            context.sni_callback = lambda _, name, __: seen.append(name)
        return context

    def file(self, host: str, days: int = 1) -> Path:
        """A file with a private key and the certificate for it."""
        path = self._folder / f"{host}{days}.pem"
        path.write_bytes(self._certificate(host, days))
        return path

    def _certificate(self, host: str, days: int) -> bytes:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        builder = self._builder(subject, key.public_key(), days=days)
        signed = builder.add_extension(names, critical=False).sign(self._key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return private + signed.public_bytes(serialization.Encoding.PEM)

    def _builder(
        self, subject: x509.Name, public: ec.EllipticCurvePublicKey, *, days: int
    ) -> x509.CertificateBuilder:
        """Valid until `days` from now; a negative number makes it expired."""
        end = datetime.now(UTC) + timedelta(days=days)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - timedelta(days=30))
            .not_valid_after(end)
        )
