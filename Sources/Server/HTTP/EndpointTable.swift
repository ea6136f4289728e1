internal import Synchronization

/// The endpoints of a listener; some can be added while it serves.
final class EndpointTable: Sendable {
    private let current: Mutex<[String: Endpoint]>

    /// A table that begins with these endpoints by their paths.
    init(_ endpoints: [String: Endpoint]) {
        current = Mutex(endpoints)
    }

    /// Adds endpoints from the next request on; one whose path is taken is left out.
    func add(_ endpoints: [String: Endpoint]) {
        current.withLock { $0.merge(endpoints) { first, _ in first } }
    }

    /// The endpoint of a decoded path; of several prefixes the longest.
    func endpoint(at path: String) -> Endpoint? {
        current.withLock { $0 }.endpoint(at: path)
    }
}

/// Endpoints by their paths: whole, or with a slash at the end for everything below it.
extension [String: Endpoint] {
    /// The most slashes of a path below which there may be endpoints, such as `/log/2026a/tile/data/`.
    private static var deepestPrefix: Int { 5 }

    /// The endpoint of a decoded path; of several prefixes the longest.
    func endpoint(at path: String) -> Endpoint? {
        if let exact = self[path] { return exact }
        let slashes = path.utf8.indices.filter { path.utf8[$0] == UInt8(ascii: "/") }.prefix(Self.deepestPrefix)
        for slash in slashes.reversed() {
            if let found = self[String(path[...slash])] { return found }
        }
        return nil
    }
}
