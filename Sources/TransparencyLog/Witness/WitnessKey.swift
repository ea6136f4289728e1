internal import OpenSSL

/// The key of one witness, which verifies its cosignatures.
package struct WitnessKey: Sendable {
    /// Why a key cannot be a witness's, as the end of a sentence about it.
    package enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        case otherKeyID
        case otherKind(UInt8)
        case malformed
        case mlDSA44NotAvailable

        package var description: String {
            switch self {
            case .otherKeyID: "has a key ID that is not the one of its name and key"
            case .otherKind(let kind):
                "is of kind \(kind): a witness has an Ed25519 (4) or an ML-DSA-44 (6) cosignature key"
            case .malformed: "holds no key of its kind"
            case .mlDSA44NotAvailable:
                "is an ML-DSA-44 key, which the linked libcrypto (\(OpenSSLLibrary.version)) cannot verify: "
                    + "OpenSSL 3.5 or newer can"
            }
        }
    }

    private enum Algorithm: Sendable {
        case ed25519(PublicKey)
        case mlDSA44(MLDSA44PublicKey)
    }

    /// The key as it was configured.
    package let verifierKey: VerifierKey

    private let algorithm: Algorithm

    /// A key that can be used with the linked libcrypto; throws why it cannot.
    package init(_ key: VerifierKey) throws(Refusal) {
        switch key.kind {
        case VerifierKey.Kind.ed25519Cosignature:
            guard key.isConsistent else { throw .otherKeyID }
            guard let info = SubjectPublicKeyInfo(ed25519: key.key), let ed25519 = try? PublicKey(info) else {
                throw .malformed
            }
            algorithm = .ed25519(ed25519)
        case VerifierKey.Kind.mlDSA44Cosignature:
            guard key.isConsistent else { throw .otherKeyID }
            guard key.key.count == MLDSA44PublicKey.byteCount else { throw .malformed }
            guard MLDSA44PublicKey.isAvailable else { throw .mlDSA44NotAvailable }
            guard let mlDSA44 = try? MLDSA44PublicKey(key.key) else { throw .malformed }
            algorithm = .mlDSA44(mlDSA44)
        case let other: throw .otherKind(other)
        }
        verifierKey = key
    }

    /// The first of the lines that is this key's and verifies over the text; nil when there is none.
    ///
    /// Lines by other names or keys are skipped, and so are those with time 0.
    package func cosignature(in lines: [SignedNote.Signature], over text: CheckpointText) -> Cosignature? {
        for line in lines where isOwn(line) {
            if let cosignature = Cosignature(line), isValid(cosignature, over: text) { return cosignature }
        }
        return nil
    }

    /// Whether a line carries this key's name and ID.
    package func isOwn(_ line: SignedNote.Signature) -> Bool {
        line.name.utf8.elementsEqual(verifierKey.name.utf8) && line.keyID == verifierKey.keyID
    }

    private func isValid(_ cosignature: Cosignature, over text: CheckpointText) -> Bool {
        switch algorithm {
        case .ed25519(let key):
            return key.isValidSignature(
                cosignature.signature, over: Cosignature.ed25519Message(time: cosignature.time, over: text),
                scheme: .ed25519)
        case .mlDSA44(let key):
            let message = Cosignature.mlDSA44Message(
                witness: verifierKey.name, time: cosignature.time, over: text)
            guard let message else { return false }
            return key.isValidSignature(cosignature.signature, over: message)
        }
    }
}
