internal import CertificateTransparency
package import OpenSSL
package import StrictJSON
package import TransparencyLog

/// What an auditor remembers of one log from run to run.
package struct AuditState: Hashable, Sendable {
    /// Two heads that the log signed and that cannot both be right.
    package struct Evidence: Hashable, Sendable {
        /// When they met.
        package let time: Timestamp
        /// How they contradict each other.
        package let reason: String
        /// The head that was remembered.
        package let known: SignedTreeHead
        /// The head that the log showed then.
        package let found: SignedTreeHead

        /// Evidence from its parts.
        package init(time: Timestamp, reason: String, known: SignedTreeHead, found: SignedTreeHead) {
            (self.time, self.reason, self.known, self.found) = (time, reason, known, found)
        }
    }

    /// The most pieces of evidence that are kept; the oldest stay.
    package static let maximumEvidenceCount = 16

    /// The most octets of the text of a state.
    package static let maximumByteCount = 1 << 20

    /// The log's name.
    package let origin: Origin

    /// The log's key, which a later run must not find changed.
    package let key: SubjectPublicKeyInfo

    /// The newest head whose tree was recomputed.
    package let head: SignedTreeHead

    /// The peaks of that tree, enough to go on from.
    package let peaks: Peaks

    /// How many findings there were in all runs since the state began.
    package let findingCount: Int

    /// Contradictions so far.
    package private(set) var evidence: [Evidence]

    /// A state from its parts; nil unless the peaks make the root of the head and `key` signed it.
    package init?(
        origin: Origin, key: PublicKey, head: SignedTreeHead, peaks: Peaks, findingCount: Int, evidence: [Evidence]
    ) {
        guard peaks.size == head.head.size, peaks.root == head.head.root, head.isValid(key: key) else { return nil }
        (self.origin, self.key, self.head, self.peaks) = (origin, key.subjectPublicKeyInfo, head, peaks)
        (self.findingCount, self.evidence) = (max(0, findingCount), evidence)
    }

    /// Keeps two heads, unless there are as many already as are kept, or these two are among them.
    package mutating func keep(_ new: Evidence) {
        let isKnown = evidence.contains { $0.known == new.known && $0.found == new.found }
        guard evidence.count < Self.maximumEvidenceCount, !isKnown else { return }
        evidence.append(new)
    }

    /// The text of the state, a JSON object.
    package var json: JSONText {
        JSONText([
            "version": 1, "origin": .string(origin.text), "key": .string(Base64.encode(key.der)),
            "head": head.json,
            "peaks": .array(peaks.hashes.map { .string(Base64.encode($0.bytes)) }),
            "findings": .integer(Int64(clamping: findingCount)),
            "evidence": .array(
                evidence.map {
                    [
                        "time": .integer(Int64(clamping: $0.time.milliseconds)), "reason": .string($0.reason),
                        "known": $0.known.json, "found": $0.found.json,
                    ]
                }),
        ])
    }

    /// Reads the text of a state; throws when it is not one, its peaks do not make its root, or a signature is wrong.
    package init(parsing bytes: [UInt8]) throws(AuditStateError) {
        let limits = JSONLimits(byteCount: Self.maximumByteCount)
        guard let json = try? JSONValue(parsing: bytes, limits: limits), json["version"]?.integer == 1 else {
            throw AuditStateError()
        }
        guard let origin = json["origin"]?.string.flatMap({ Origin($0) }),
            let info = LogClient.octets(json["key"]).flatMap({ try? SubjectPublicKeyInfo(der: $0) }),
            let key = try? PublicKey(info), let head = json["head"].flatMap({ SignedTreeHead(json: $0) }),
            let hashes = json["peaks"]?.elements?.compactMap({ LogClient.octets($0) }),
            hashes.allSatisfy({ $0.count == SHA256Digest.byteCount }),
            let peaks = Peaks(size: head.head.size, bytes: hashes.flatMap(\.self)),
            let findings = json["findings"]?.integer, let items = json["evidence"]?.elements,
            items.count <= Self.maximumEvidenceCount
        else { throw AuditStateError() }
        let evidence = items.compactMap { Evidence(json: $0, key: key) }
        guard evidence.count == items.count,
            let state = AuditState(
                origin: origin, key: key, head: head, peaks: peaks, findingCount: Int(clamping: findings),
                evidence: evidence)
        else { throw AuditStateError() }
        self = state
    }
}

/// A text is no state of an audit, or was changed by somebody.
package struct AuditStateError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String { "not a state that log audit wrote, or damaged" }
}

extension AuditState.Evidence {
    /// Reads one piece; nil when it is malformed or one of the heads is not signed by `key`.
    fileprivate init?(json: JSONValue, key: PublicKey) {
        guard let time = json["time"]?.integer.flatMap(UInt64.init(exactly:)), let reason = json["reason"]?.string,
            let known = json["known"].flatMap({ SignedTreeHead(json: $0) }), known.isValid(key: key),
            let found = json["found"].flatMap({ SignedTreeHead(json: $0) }), found.isValid(key: key)
        else { return nil }
        self.init(time: Timestamp(milliseconds: time), reason: reason, known: known, found: found)
    }
}
