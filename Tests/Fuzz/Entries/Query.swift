import OpenSSL

@testable import Server

extension FuzzEntry {
    /// The path and the query of a request.
    static let query = FuzzEntry(
        "query",
        seeds: {
            ["start=0&end=10", "first=%31&second=2", "hash=ab%2Bc%3D&tree_size=1", "//log/2026a/ct/v1/get-sth"]
                .map { Array($0.utf8) }
        }
    ) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        if let path = EndpointResponder.decodedPath(text) {
            guard path.utf8.prefix(while: { $0 == UInt8(ascii: "/") }).count == 1 else {
                return "a path with no single slash in front"
            }
        }
        let query = try QueryParameters(text)
        for name in ["start", "end", "first", "second", "tree_size", "hash", ""] {
            if let number = try? query.number(name) {
                guard number < 1 << 63 else { return "a number of more than 63 bits" }
            }
            _ = try? query.text(name)
        }
        return nil
    }
}
