/// One reader of bytes from outside, as libFuzzer and the smoke test call it.
struct FuzzEntry: Sendable {
    /// What became of an input.
    enum Outcome: Hashable, Sendable {
        /// It was read, and every property held.
        case accepted
        /// The reader refused it.
        case refused
        /// A property that must hold for every input does not.
        case broken(String)
    }

    /// The name on the command line.
    let name: String

    /// Inputs to begin with, at least one of which is accepted.
    let seeds: @Sendable () throws -> [[UInt8]]

    /// Reads an input; throws to refuse it, and returns the property that does not hold, or nil.
    private let body: @Sendable ([UInt8]) throws -> String?

    init(
        _ name: String, seeds: @escaping @Sendable () throws -> [[UInt8]],
        body: @escaping @Sendable ([UInt8]) throws -> String?
    ) {
        self.name = name
        self.seeds = seeds
        self.body = body
    }

    /// Reads one input to the end.
    func run(_ input: [UInt8]) -> Outcome {
        do {
            return try body(input).map(Outcome.broken) ?? .accepted
        } catch {
            return .refused
        }
    }

    /// Every entry, in the order in which `make fuzz` runs them.
    static let all: [FuzzEntry] = [
        token, claims, json, signingRequest, publicKey, certificateRequest, derElements, certificate, pem, signature,
        issuerFile, settingsFile, template, jsonPath, uri, issuerPattern, address, discovery, keySet, timestamp, leaf,
        checkpoint, chain, privateKey, query, inclusionText, auditState, witnessPolicy, witnessAnswer,
    ]
}

/// An input is none that the reader takes.
struct Refused: Error {}

extension Optional {
    /// The value; nil is a refusal.
    func read() throws -> Wrapped {
        guard let self else { throw Refused() }
        return self
    }
}
