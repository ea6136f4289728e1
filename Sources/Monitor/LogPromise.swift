internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// What a log says in `log.v3.json` about how new its head is (transparency-log 2.7.1).
struct LogPromise: Sendable {
    /// What is assumed of a log that says nothing: a day, as logs of RFC 6962 have it.
    static let usualMergeDelay = Duration.seconds(86_400)

    /// Within what time an entry is under a signed head (`mmd`); at most a year.
    let maximumMergeDelay: Duration

    /// The last head that there will be, of a log that is read-only; nil for one that goes on.
    let finalHead: (size: TreeSize, root: SHA256Digest)?

    /// What a document says; what cannot be read in it counts as not said.
    init(_ json: JSONValue?) {
        let delay = json?["mmd"]?.integer.flatMap { (0...31_536_000).contains($0) ? Duration.seconds($0) : nil }
        maximumMergeDelay = delay ?? Self.usualMergeDelay
        let head = json?["final_tree_head"]
        if json?["status"]?.string == "readonly", let number = head?["tree_size"]?.integer, number >= 0,
            let size = TreeSize(UInt64(number)),
            let root = LogClient.octets(head?["sha256_root_hash"]).flatMap({ SHA256Digest($0) })
        {
            finalHead = (size, root)
        } else {
            finalHead = nil
        }
    }
}

extension LogClient {
    /// What the log says about the age of its heads; a log without `log.v3.json` promises what is usual.
    ///
    /// Throws `LogClientFailure` when the log does not answer.
    func promise() async throws -> LogPromise {
        let path = "log.v3.json"
        do {
            return LogPromise(try Self.json(try await fetch(path, Self.smallAnswer), path))
        } catch let failure as LogClientFailure where failure.isNotFound {
            return LogPromise(nil)
        }
    }
}
