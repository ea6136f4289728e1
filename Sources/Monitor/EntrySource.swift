package import OpenSSL
package import TransparencyLog

/// One certificate log as a reader finds it: over HTTP, or in a data directory.
package protocol EntrySource: Sendable {
    /// The newest head, its signature verified.
    func head() async throws -> LogHead

    /// Entries below a head, in order; the range must not be empty nor reach over a multiple of 256.
    ///
    /// Whatever cannot be read is a finding of the chunk, not an error.
    func chunk(_ range: Range<UInt64>, in size: TreeSize) async throws -> EntryChunk

    /// The proof that a leaf is at a position below a head; unverified.
    func proof(of leafHash: SHA256Digest, at index: LeafIndex, in size: TreeSize) async throws -> InclusionProof

    /// The DER of a certificate of a chain by its SHA-256; what comes is compared by the caller.
    func issuer(_ fingerprint: SHA256Digest) async throws -> [UInt8]
}
