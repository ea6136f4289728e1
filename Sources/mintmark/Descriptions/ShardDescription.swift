internal import CertificateTransparency
internal import OpenSSL
internal import Server
internal import StrictJSON
internal import TransparencyLog

/// What there is to say about a shard of a data directory.
struct ShardDescription {
    let shard: CheckedShard

    /// `open`, or the state that lets it write no more.
    private var state: String { shard.condition.isFinal ? shard.condition.name : "open" }

    /// The shard for a person: its name, and a row for each of the rest.
    var text: String {
        let (parameters, reason) = (shard.parameters, shard.condition.reason)
        var rows = Rows()
        rows.add("origin", parameters.origin.text)
        rows.add("log ID", parameters.logID.hex)
        rows.add("takes from", parameters.window.lowerBound.rfc3339)
        rows.add("until before", parameters.window.upperBound.rfc3339)
        rows.add("state", reason.map { "\(state): \($0)" } ?? state)
        rows.add("entries", String(shard.size))
        return "shard \(parameters.shard):\n\(rows.text())"
    }

    /// The shard for a program.
    var json: JSONValue {
        let parameters = shard.parameters
        return [
            "shard": .string(parameters.shard), "origin": .string(parameters.origin.text),
            "log_id": .string(Base64.encode(parameters.logID.bytes)),
            "start_inclusive": .string(parameters.window.lowerBound.rfc3339),
            "end_exclusive": .string(parameters.window.upperBound.rfc3339), "state": .string(state),
            "reason": shard.condition.reason.map { .string($0) } ?? .null,
            "tree_size": .integer(Int64(clamping: shard.size)),
        ]
    }
}
