/// Whose chains a log takes over HTTP (transparency-log 4.3); its own CA submits within the process in any case.
package enum LogAcceptance: String, CaseIterable, Hashable, Sendable {
    /// Nobody's: chains to our own root can only come from us, so open submission gains little.
    case own
    /// Anybody's, if the chain ends in a root that the operator accepted besides the CA's own.
    case listedRoots = "listed-roots"
    /// Anybody's, if the chain ends in any accepted root, at a bounded rate for each source address.
    case anyWithLimit = "any-with-limit"
}
