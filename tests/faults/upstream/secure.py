"""What is wrong with the TLS of some endpoints, and right with that of the others."""

from __future__ import annotations

import ssl
import warnings
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.faults.upstream.endpoints import DOMAIN
from tests.harness.certificates import Authority

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WITHOUT = frozenset({"uf_close_at_once", "uf_tls_handshake_hang"})
"""Who is asked for TLS and does not get as far as that."""


def contexts(folder: Path) -> Mapping[str, ssl.SSLContext]:
    """By the id of the line; "" is the one of all others."""
    trusted = Authority(folder)
    unknown = folder / "unknown"
    unknown.mkdir()
    any_host = f"*.{DOMAIN}"
    return {
        "": trusted.context(any_host),
        "uf_goaway": trusted.context(any_host, "h2"),
        "uf_tls_expired": trusted.context(any_host, days=-1),
        "uf_tls_self_signed": _self_signed(folder / "self-signed.pem", any_host),
        "uf_tls_untrusted_ca": Authority(unknown).context(any_host),
        "uf_tls_tls10": _old(trusted.context(any_host)),
        "uf_tls_sni": _named(trusted.context(any_host)),
    }


def _old(context: ssl.SSLContext) -> ssl.SSLContext:
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    return context


def _named(context: ssl.SSLContext) -> ssl.SSLContext:
    """Have nothing to do with a client that does not say whom it wants."""

    def check(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> int | None:
        is_ours = name is not None and name.endswith(DOMAIN)
        return None if is_ours else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    context.sni_callback = check
    return context


def _self_signed(path: Path, host: str) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    begin = datetime.now(UTC) - timedelta(days=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
