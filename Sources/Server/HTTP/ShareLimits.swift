/// How much one client, or the clients of one issuer, may have at once (reliability section 3, R-26, R-27); 0 is all.
package struct ShareLimits: Hashable, Sendable {
    /// Connections of all addresses, for each listener; 1 or more.
    package var connections = 2000

    /// Connections from one address, over all listeners of the API.
    package var connectionsPerAddress = 128

    /// Signing requests under way from one address.
    package var signingPerAddress = 128

    /// Signing requests of one configured issuer whose tokens were verified and whose certificates are being made.
    package var signingPerIssuer = 128

    /// The specified limits.
    package init() {}
}
