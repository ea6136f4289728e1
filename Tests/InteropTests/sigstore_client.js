// Signs with @sigstore/sign and judges the result with @sigstore/verify, both unmodified, as npm brings them along.
//
// Reads one JSON object from standard input: modules (the folder of npm's own modules), url, token, retry, and either
// root (a trusted root document) with identity and issuer, or nothing more. Writes one JSON object: the certificate
// in base64, or the error with its cause.

const path = require('path');

function required(modules, name) {
  return require(path.join(modules, '@sigstore', name));
}

async function sign({ modules, url, token }, artifact) {
  const { FulcioSigner, MessageSignatureBundleBuilder } = required(modules, 'sign');
  const identityProvider = { getToken: async () => token };
  const signer = new FulcioSigner({ fulcioBaseURL: url, identityProvider, retry: 0, timeout: 30000 });
  return new MessageSignatureBundleBuilder({ signer, witnesses: [] }).create({ data: artifact });
}

function verify({ modules, root, identity, issuer }, bundle, artifact) {
  const { Verifier, toSignedEntity, toTrustMaterial } = required(modules, 'verify');
  const { TrustedRoot } = required(modules, 'protobuf-specs');
  const material = toTrustMaterial(TrustedRoot.fromJSON(root));
  const verifier = new Verifier(material, { ctlogThreshold: 1, tlogThreshold: 0, tsaThreshold: 0 });
  const policy = { subjectAlternativeName: identity, extensions: { issuer } };
  return verifier.verify(toSignedEntity(bundle, artifact), policy);
}

function certificate(bundle) {
  const content = bundle.verificationMaterial.content;
  const found = content.certificate ?? content.x509CertificateChain.certificates[0];
  return Buffer.from(found.rawBytes).toString('base64');
}

function words(error) {
  const cause = error.cause ? ` (${words(error.cause)})` : '';
  return `${error.code ?? error.name}: ${error.message}${cause}`;
}

async function main() {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  const task = JSON.parse(text);
  const artifact = Buffer.from('an artifact');
  try {
    const bundle = await sign(task, artifact);
    if (task.root) verify(task, bundle, artifact);
    console.log(JSON.stringify({ certificate: certificate(bundle) }));
  } catch (error) {
    console.log(JSON.stringify({ error: words(error) }));
  }
}

main();
