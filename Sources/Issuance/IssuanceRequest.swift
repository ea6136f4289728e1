internal import Identity

/// What a client asks for, as any transport decodes it: a token, and a key with a proof that the client holds it.
package struct IssuanceRequest: Sendable {
    /// How the client names its key and proves that it holds it.
    package enum Key: Sendable {
        /// A public key in PEM or DER and a signature over the challenge.
        case publicKey([UInt8], proofOfPossession: [UInt8])
        /// A certificate signing request in PEM; its own signature is the proof.
        case certificateSigningRequest([UInt8])
        /// Neither was sent.
        case missing
    }

    /// The OpenID Connect token as sent; empty when there was none.
    package let token: [UInt8]

    /// The key and its proof.
    package let key: Key

    /// A request from its decoded parts.
    ///
    /// What is longer than is ever accepted is cut to one octet more than that: it is refused in its turn, and does not
    /// fill the memory while the token is checked.
    package init(token: [UInt8], key: Key) {
        self.token = Self.cut(token, CompactJWS.byteLimit)
        self.key =
            switch key {
            case .publicKey(let bytes, let proof):
                .publicKey(
                    Self.cut(bytes, SubjectKey.maximumKeyByteCount),
                    proofOfPossession: Self.cut(proof, ProofOfPossession.maximumSignatureByteCount))
            case .certificateSigningRequest(let pem):
                .certificateSigningRequest(Self.cut(pem, SubjectKey.maximumRequestByteCount))
            case .missing: .missing
            }
    }

    private static func cut(_ bytes: [UInt8], _ maximumByteCount: Int) -> [UInt8] {
        bytes.count > maximumByteCount ? Array(bytes.prefix(maximumByteCount + 1)) : bytes
    }
}
