/// How the keys of one configured issuer are, for whoever operates us.
package struct IssuerKeyState: Hashable, Sendable {
    /// The configured URL or pattern.
    package let name: String

    /// How old the keys are, for a pattern the oldest that are kept; nil when there are none.
    package let age: Duration?

    /// Fetches that have failed since they were first counted; a reload of the configuration may begin anew.
    package let failureCount: UInt64
}
