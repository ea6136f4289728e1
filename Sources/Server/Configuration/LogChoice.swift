/// Where certificates are logged (CA specification 6).
package enum LogChoice: Sendable {
    /// The log of the data directory.
    case own

    /// Other RFC 6962 logs, every one of which must answer before a certificate leaves.
    case remote([RemoteLogOptions])

    /// Nowhere: certificates carry no timestamp and nobody can see what was issued.
    case none
}

/// How one RFC 6962 log is reached.
package struct RemoteLogOptions: Hashable, Sendable {
    /// The log's URL; `/ct/v1/add-pre-chain` follows it.
    package let url: String

    /// A PEM file with the log's public key; nil leaves its timestamps unchecked.
    package let publicKeyFile: String?

    /// The HTTP Host to ask for; nil for the one of the URL.
    package let origin: String?

    /// A PEM file with the roots that TLS trusts instead of the system's; nil for the system's.
    package let tlsAuthorityFile: String?

    /// Options of one log; nothing is checked yet.
    package init(url: String, publicKeyFile: String?, origin: String?, tlsAuthorityFile: String?) {
        self.url = url
        self.publicKeyFile = publicKeyFile
        self.origin = origin
        self.tlsAuthorityFile = tlsAuthorityFile
    }
}
