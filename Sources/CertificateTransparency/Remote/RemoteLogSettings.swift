package import OpenSSL

/// How another log is reached and what is known of it (CA specification 6.2, 6.5).
package struct RemoteLogSettings: Sendable {
    /// The absolute `http` or `https` URL without a trailing slash; `/ct/v1/add-pre-chain` follows it.
    package let url: String

    /// The HTTP Host to ask for; nil for the one of the URL.
    ///
    /// TLS verifies the URL's host in any case.
    package let host: String?

    /// The log's key; nil leaves signatures and log ids unchecked.
    package let key: PublicKey?

    /// The only roots that TLS trusts; empty for those of the system.
    package let trustRoots: [Certificate]

    /// How long one submission may take with all its attempts.
    package let budget: Duration

    /// Settings whose parts were checked already.
    package init(url: String, host: String?, key: PublicKey?, trustRoots: [Certificate], budget: Duration) {
        self.url = url
        self.host = host
        self.key = key
        self.trustRoots = trustRoots
        self.budget = budget
    }
}
