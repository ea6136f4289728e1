import OpenSSL

/// A failure of the development provider itself; no request causes one.
package enum ProviderError: Error, Hashable, Sendable {
    /// The socket has no port after it was bound.
    case noPort
    /// The provider ended before it listened.
    case endedBeforeListening
    /// A fresh key has a form that no JSON Web Key describes.
    case keyHasNoWebForm(SigningAlgorithm)
    /// A signature came back in a form that JOSE does not know.
    case signatureNotConvertible(SigningAlgorithm)
}
