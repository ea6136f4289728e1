internal import CertificateTransparency
package import OpenSSL
package import TransparencyLog

/// The log of a data directory or a backup, read without a server and without the right to write.
package struct StoreSource: EntrySource {
    private let store: SQLiteLogSource

    /// A reader of a stored log.
    package init(_ store: SQLiteLogSource) {
        self.store = store
    }

    package func head() async throws -> LogHead {
        let (note, signed) = try await store.head()
        return LogHead(signed: signed, note: note)
    }

    package func chunk(_ range: Range<UInt64>, in size: TreeSize) async throws -> EntryChunk {
        try await store.read { snapshot in
            let entries = try snapshot.entries(in: range, byteCount: .max)
            guard entries.count == range.count else { throw MissingHash() }
            return EntryChunk(
                first: range.lowerBound, count: range.count, dataTile: entries.flatMap(\.record), isWhole: true)
        }
    }

    package func proof(
        of leafHash: SHA256Digest, at index: LeafIndex, in size: TreeSize
    ) async throws -> InclusionProof {
        try await store.read { snapshot in
            var reader = HashReader(size: size) { try snapshot.tile(level: $0, index: $1) }
            return try InclusionProof(of: index, in: size, reader: &reader)
        }
    }

    package func issuer(_ fingerprint: SHA256Digest) async throws -> [UInt8] {
        try await store.read { snapshot in
            guard let der = try snapshot.attachment(fingerprint) else {
                throw LogClientFailure.status(path: "issuer/\(fingerprint.hex)", code: 404)
            }
            return der
        }
    }
}
