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
    package init(token: [UInt8], key: Key) {
        self.token = token
        self.key = key
    }
}
