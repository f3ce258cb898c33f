"""A certificate authority of our own, and certificates that are wrong in one way each."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext, create_default_context

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW = datetime.now(UTC)


class Authority:
    """Signs certificates for tests; `client_context` trusts it and nothing else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Practice authority")
        builder = _builder(self._name, self._name, self._key.public_key(), NOW + timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
        )
        self._certificate = builder.add_extension(_CA_USAGE, critical=True).sign(self._key, hashes.SHA256())

    @property
    def client_context(self) -> SSLContext:
        pem = self._certificate.public_bytes(serialization.Encoding.PEM).decode()
        return create_default_context(cadata=pem)

    def server_context(
        self, *, host: str = "127.0.0.1", expired: bool = False, self_signed: bool = False
    ) -> SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name("Practice server")
        end = NOW - timedelta(days=1) if expired else NOW + timedelta(days=1)
        builder = _builder(subject, subject if self_signed else self._name, key.public_key(), end)
        names = x509.SubjectAlternativeName([_alternative(host)])
        signer = key if self_signed else self._key
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = builder.add_extension(names, critical=False).add_extension(identifier, critical=False)
        return self._context(key, builder.sign(signer, hashes.SHA256()))

    def _context(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> SSLContext:
        path = self._folder / f"{certificate.serial_number}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


_CA_USAGE = x509.KeyUsage(
    digital_signature=True,
    key_cert_sign=True,
    crl_sign=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _alternative(host: str) -> x509.GeneralName:
    return x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(end)
    )
