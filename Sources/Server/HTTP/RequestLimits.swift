/// The bounds on how much is under way at once (reliability section 3).
///
/// Health, tree head and checkpoint have none but those of connections and streams: they cost nothing and must be
/// answered under any load.
struct RequestLimits: Sendable {
    /// Signing requests whose bodies were read.
    let signing = ConcurrencyLimit(256)

    /// Those of them that come from one address.
    let signingByAddress: ShareLimit<SourceAddress>

    /// Those of them that one configured issuer vouches for, once that is certain.
    let signingByIssuer: ShareLimit<String>

    /// Connections from one address.
    let connectionsByAddress: ShareLimit<SourceAddress>

    /// Requests whose bodies are being read, from the first octet until they are decoded.
    let bodies = ConcurrencyLimit(1024)

    /// Bodies above 64 KiB that are in memory, until they are decoded.
    let largeBodies = ConcurrencyLimit(8)

    /// Proofs from the log.
    let proofs = ConcurrencyLimit(64)

    /// Pages of entries from the log, each of which may take megabytes.
    let pages = ConcurrencyLimit(8)

    /// Look-ups of auditors, each of which may read thousands of entries.
    let searches = ConcurrencyLimit(4)

    /// Streams of HTTP/2 over all connections.
    let streams = ConcurrencyLimit(2048)

    /// Those of them that come from one address.
    let streamsByAddress = ShareLimit<SourceAddress>(256)

    /// Limits with these shares of one client.
    init(shares: ShareLimits = ShareLimits()) {
        signingByAddress = ShareLimit(shares.signingPerAddress)
        signingByIssuer = ShareLimit(shares.signingPerIssuer)
        connectionsByAddress = ShareLimit(shares.connectionsPerAddress)
    }
}
