internal import OpenSSL

/// Finds the certificates above entries, each fetched once, and compares them with their names.
struct ChainResolver {
    /// More than any log of a CA has; beyond it the memory starts anew.
    private static let rememberedCount = 1024

    private let source: any EntrySource
    private var known: [SHA256Digest: Certificate] = [:]
    private var refused: Set<SHA256Digest> = []

    init(_ source: any EntrySource) {
        self.source = source
    }

    /// The certificates of a chain; nil when one of them cannot be had, with what is wrong with it the first time.
    ///
    /// Throws what the source throws, unless it says that there is no such certificate.
    mutating func certificates(
        of chain: LoggedEntry.Chain
    ) async throws -> (certificates: [Certificate]?, problem: String?) {
        var certificates: [Certificate] = []
        switch chain {
        case .certificates(let list):
            for der in list {
                let fingerprint = SHA256Digest(hashing: der)
                if let problem = remember(der, as: fingerprint) { return (nil, problem) }
                guard let certificate = known[fingerprint] else { return (nil, nil) }
                certificates.append(certificate)
            }
        case .fingerprints(let list):
            for fingerprint in list {
                if let problem = try await fetch(fingerprint) { return (nil, problem) }
                guard let certificate = known[fingerprint] else { return (nil, nil) }
                certificates.append(certificate)
            }
        }
        return (certificates, nil)
    }

    private mutating func fetch(_ fingerprint: SHA256Digest) async throws -> String? {
        guard known[fingerprint] == nil, !refused.contains(fingerprint) else { return nil }
        let der: [UInt8]
        do {
            der = try await source.issuer(fingerprint)
        } catch let failure as LogClientFailure where failure.isNotFound {
            refused.insert(fingerprint)
            return "the certificate issuer/\(fingerprint.hex) of its chain is not served"
        }
        let found = SHA256Digest(hashing: der)
        guard found == fingerprint else {
            refused.insert(fingerprint)
            return "what is served as issuer/\(fingerprint.hex) has the SHA-256 \(found.hex)"
        }
        return remember(der, as: fingerprint)
    }

    /// Reads a certificate; the answer is what is wrong with it, the first time.
    private mutating func remember(_ der: [UInt8], as fingerprint: SHA256Digest) -> String? {
        guard known[fingerprint] == nil, !refused.contains(fingerprint) else { return nil }
        if known.count >= Self.rememberedCount { known.removeAll() }
        if refused.count >= Self.rememberedCount { refused.removeAll() }
        do throws(DERError) {
            known[fingerprint] = try Certificate(der: der)
            return nil
        } catch {
            refused.insert(fingerprint)
            return "the certificate \(fingerprint.hex) of its chain is not well-formed: \(error.reason)"
        }
    }
}
