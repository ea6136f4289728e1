/// Why bytes are no SubjectPublicKeyInfo.
package enum SubjectPublicKeyInfoError: Error, Hashable, Sendable {
    /// Not strict DER, or not of the one form that its algorithm allows.
    case malformed
    /// Well-formed, of an algorithm that we have no name for.
    case unknownAlgorithm
}
