package import OpenSSL
internal import StrictJSON
package import TransparencyLog

/// Reads one log over either API (RFC 6962 §4; Static CT API); every head is verified with the log's key.
///
/// Works with any log of these kinds: over RFC 6962 no leaf index extension is asked for.
package struct LogClient: EntrySource {
    /// Gets the document at a path below the base, of at most so many octets; throws `LogClientFailure`.
    package typealias Fetch = @Sendable (_ path: String, _ limit: Int) async throws -> [UInt8]

    /// The longest of the small answers, in octets.
    static let smallAnswer = 1 << 20

    /// The longest answer with entries, in octets.
    static let entriesAnswer = 32 << 20

    /// How the log is read.
    package let api: LogAPI

    /// The log's name, the first line of its checkpoints.
    package let origin: Origin

    /// The key that signs its heads.
    package let key: PublicKey

    let fetch: Fetch

    /// A client of a log whose name and key are known.
    package init(api: LogAPI, origin: Origin, key: PublicKey, fetch: @escaping Fetch) {
        (self.api, self.origin, self.key, self.fetch) = (api, origin, key, fetch)
    }

    /// The API that a log has: tiles when there is a checkpoint, else RFC 6962.
    ///
    /// Throws `LogClientFailure` when it has neither.
    package static func discoverAPI(_ fetch: Fetch) async throws -> LogAPI {
        do {
            _ = try SignedNote(parsing: try await fetch("checkpoint", smallAnswer))
            return .tiles
        } catch let failure as LogClientFailure where failure.isNotFound {
            _ = try await fetch("ct/v1/get-sth", smallAnswer)
            return .rfc6962
        } catch is SignedNoteError {
            _ = try await fetch("ct/v1/get-sth", smallAnswer)
            return .rfc6962
        }
    }

    /// What a log says of itself in `log.v3.json` (transparency-log 2.7.1): its key, and its name if it has one there.
    ///
    /// Nobody vouches for it. Throws `LogClientFailure` when there is no such document or no usable key in it.
    package static func describedKey(_ fetch: Fetch) async throws -> (key: PublicKey, origin: Origin?) {
        let path = "log.v3.json"
        let json = try json(try await fetch(path, smallAnswer), path)
        guard let der = json["key"]?.string.flatMap({ Base64.decodeStandard(Array($0.utf8)) }),
            let info = try? SubjectPublicKeyInfo(der: der), let key = try? PublicKey(info),
            key.isLogKey || key.isRSALogKey
        else { throw LogClientFailure.malformed(path: path, what: "there is no usable log key in it") }
        return (key, json["submission_url"]?.string.flatMap { Origin(submissionPrefix: $0) })
    }

    /// The newest head, its signature verified; throws `LogClientFailure`.
    package func head() async throws -> LogHead {
        switch api {
        case .tiles: try await checkpointHead()
        case .rfc6962: try await signedTreeHead()
        }
    }

    package func chunk(_ range: Range<UInt64>, in size: TreeSize) async throws -> EntryChunk {
        switch api {
        case .tiles: try await tileChunk(range, in: size)
        case .rfc6962: try await entriesChunk(range)
        }
    }

    package func proof(
        of leafHash: SHA256Digest, at index: LeafIndex, in size: TreeSize
    ) async throws -> InclusionProof {
        switch api {
        case .tiles: try await proofFromTiles(at: index, in: size)
        case .rfc6962: try await proofByHash(leafHash, at: index, in: size)
        }
    }

    package func issuer(_ fingerprint: SHA256Digest) async throws -> [UInt8] {
        try await fetch("issuer/\(fingerprint.hex)", Self.smallAnswer)
    }

    /// The proof by the log that one tree begins another; nil when the log has no `get-sth-consistency`.
    package func consistencyProof(from old: TreeSize, to new: TreeSize) async throws -> ConsistencyProof? {
        let path = "ct/v1/get-sth-consistency?first=\(old.value)&second=\(new.value)"
        do {
            let json = try Self.json(try await fetch(path, Self.smallAnswer), path)
            return ConsistencyProof(path: try Self.hashes(json["consistency"], path))
        } catch let failure as LogClientFailure where failure.isNotFound && api == .tiles {
            return nil
        }
    }

    static func json(_ bytes: [UInt8], _ path: String) throws -> JSONValue {
        do {
            return try JSONValue(parsing: bytes, limits: JSONLimits(byteCount: entriesAnswer))
        } catch {
            throw LogClientFailure.malformed(path: path, what: "the answer is no JSON that is read: \(error)")
        }
    }

    /// The hashes of a proof, at most 64 of them.
    static func hashes(_ value: JSONValue?, _ path: String) throws -> [SHA256Digest] {
        let hashes = value?.elements?.compactMap { octets($0).flatMap { SHA256Digest($0) } }
        guard let hashes, hashes.count == value?.elements?.count, hashes.count <= 64 else {
            throw LogClientFailure.malformed(path: path, what: "the proof is no list of hashes")
        }
        return hashes
    }

    static func octets(_ value: JSONValue?) -> [UInt8]? {
        value?.string.flatMap { Base64.decodeStandard(Array($0.utf8)) }
    }
}
