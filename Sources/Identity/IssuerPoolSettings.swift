/// How often and how long issuers are asked for their keys (reliability ).
///
/// The defaults are the specified ones. Counts are 1 or more; a length of zero means "at once".
package struct IssuerPoolSettings: Hashable, Sendable {
    /// The longest time between two refreshes of an issuer's keys; the actual one is up to a fifth shorter.
    package var refreshInterval = Duration.seconds(300)
    /// The shortest time between two fetches of an issuer's keys that were caused by tokens no key verified.
    package var refetchInterval = Duration.seconds(10)
    /// How long the fetch of one document may take.
    package var fetchLimit = Duration.seconds(10)
    /// The age beyond which keys that cannot be refreshed stop verifying.
    package var keyAgeLimit = Duration.seconds(24 * 3600)
    /// The most tokens that may wait for one issuer's keys.
    package var waiterLimit = 64
    /// How many failed fetches in a row stop further ones for a while.
    package var breakerThreshold = 5
    /// The first pause after failures; it doubles with each further one.
    package var shortestPause = Duration.seconds(10)
    /// The longest pause after failures.
    package var longestPause = Duration.seconds(300)
    /// How many issuers found by a pattern are remembered with their keys.
    package var matchedIssuerLimit = 1000
    /// How many fetches for issuers found by a pattern may be under way.
    package var matchedFetchLimit = 32
    /// Where Kubernetes mounts what its issuers need.
    package var kubernetesFiles = KubernetesFiles()

    /// The specified values.
    package init() {}
}
