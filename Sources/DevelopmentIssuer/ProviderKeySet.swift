import StrictJSON

/// One key per algorithm, all made together.
///
/// Never extended later: a client that has read the set knows every `kid` until the next rotation, and need not ask
/// again when the first token of another algorithm arrives.
struct ProviderKeySet: Sendable {
    private let keys: [SigningAlgorithm: ProviderKey]

    /// Makes a key for each algorithm; throws when the system cannot.
    init() throws {
        var keys: [SigningAlgorithm: ProviderKey] = [:]
        for algorithm in SigningAlgorithm.allCases {
            keys[algorithm] = try ProviderKey(generating: algorithm)
        }
        self.keys = keys
    }

    /// The key for one algorithm; there is one for each.
    subscript(algorithm: SigningAlgorithm) -> ProviderKey? { keys[algorithm] }

    /// The public halves as a JSON Web Key Set (RFC 7517 §5), in the order of the algorithms.
    var json: JSONValue {
        ["keys": .array(SigningAlgorithm.allCases.compactMap { keys[$0]?.webKey })]
    }
}
