"""sigstore-python, unmodified, gets certificates from us and accepts the SCT in them (spec clients §2)."""

import datetime
import json

import pytest
from cryptography import x509
from sigstore._internal.fulcio import FulcioClient
from sigstore._internal.timestamp import TimestampSource, TimestampVerificationResult
from sigstore.errors import VerificationError
from sigstore.models import TrustedRoot
from sigstore.oidc import IdentityToken
from sigstore.sign import SigningContext
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity
from sigstore_models.trustroot import v1 as trustroot_v1

import keys
import merkle
import trust
from conftest import ADDRESS


def trusted_root(house, log_spki: bytes) -> TrustedRoot:
    return TrustedRoot(trustroot_v1.TrustedRoot.from_json(json.dumps(trust.trusted_root(house, log_spki))))


def context(world, log_spki: bytes | None = None) -> SigningContext:
    root = trusted_root(world.house, log_spki or world.auditor.key.spki)
    return SigningContext(fulcio=FulcioClient(world.house.url), rekor=None, trusted_root=root)


TOKENS = {
    "the suite's own provider": lambda world: world.token(),
    "oidc-provider-mock": lambda world: world.mock.token(),
    "the development issuer": lambda world: world.development.token(),
    "the development issuer, RS256": lambda world: world.development.token("RS256"),
    "the development issuer, ES256": lambda world: world.development.token("ES256"),
    "the development issuer, EdDSA": lambda world: world.development.token("EdDSA"),
}


@pytest.mark.parametrize("provider", TOKENS)
def test_the_client_gets_a_certificate_and_its_sct_check_passes(world, provider):
    """SCT-04 TL-32 API-01 CRT-07 (sigstore-python) API-17: it asks for PEM and is answered with JSON."""
    token = TOKENS[provider](world)
    with context(world).signer(IdentityToken(token)) as signer:
        certificate = signer._signing_cert()
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.RFC822Name) == [ADDRESS]
    url = IdentityToken(token).issuer
    Identity(identity=ADDRESS, issuer=url).verify(certificate)
    with pytest.raises(VerificationError):
        Identity(identity=ADDRESS, issuer=url + "/").verify(certificate)


def test_the_client_refuses_when_it_trusts_another_log_key(world):
    """The SCT check above can fail: with another key it does."""
    other = merkle.LogKey(keys.make("p256").pem().encode()).spki
    with pytest.raises(VerificationError):
        with context(world, other).signer(IdentityToken(world.token())):
            pass


def test_its_path_validation_accepts_the_chain(world):
    """CRT-07 CRT-01: the client's own verifier builds the path at any second of the ten minutes and not outside."""
    leaf, issuing, root = world.client.issue(world.good_body()).certificates
    verifier = Verifier(trusted_root=trusted_root(world.house, world.auditor.key.spki))
    begin, end, second = leaf.not_valid_before_utc, leaf.not_valid_after_utc, datetime.timedelta(seconds=1)
    for moment in (begin, begin + 300 * second, end):
        chain = verifier._verify_chain_at_time(leaf, at(moment))
        assert chain[0] == issuing and set(chain) <= {issuing, root}
    for moment in (begin - second, end + second):
        with pytest.raises(VerificationError):
            verifier._verify_chain_at_time(leaf, at(moment))


def at(moment: datetime.datetime) -> TimestampVerificationResult:
    return TimestampVerificationResult(source=TimestampSource.TIMESTAMP_AUTHORITY, time=moment)


def test_the_trust_bundle_reads_as_the_chain_of_the_answer(world):
    """API-19: and it equals the chain of a signing answer without the leaf, which sigstore-java insists on."""
    bundle = FulcioClient(world.house.url).trust_bundle.get().trust_bundle
    assert bundle == [world.client.issue(world.good_body()).certificates[1:]]
