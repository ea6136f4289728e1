internal import Identity
@testable import Server
import Testing

@Suite struct MemoryCeilingTests {
    private let options: ServerOptions = {
        let address = ListenAddress(host: "127.0.0.1", port: 0)
        return ServerOptions(
            dataDirectory: nil, issuerFile: nil, http: address, grpc: address, metrics: address, algorithms: "",
            isDevelopment: false)
    }()

    private func ceiling(_ options: ServerOptions, shards: Int = 1) throws -> MemoryCeiling {
        MemoryCeiling(options, shards: shards, issuers: try LoadedIssuers.load(nil).configuration.listed)
    }

    @Test("R-26 the memory ceiling is the sum of what each limit allows")
    func sum() throws {
        let found = try ceiling(options)
        #expect(found.byteCount == found.parts.reduce(0) { $0 + $1.count * $1.byteCount })
        #expect(found.mebibyteCount == (found.byteCount + 1_048_575) / 1_048_576)
        let names = found.parts.map(\.name)
        for name in ["connections", "streams", "bodies", "large bodies", "signing requests", "answers", "shards"] {
            #expect(names.contains(name))
        }
        #expect(found.parts.allSatisfy { $0.count > 0 && $0.byteCount > 0 })
        #expect(found.parts.first { $0.name == "connections" }?.count == 2 * 2000)
    }

    @Test("R-26 the memory ceiling follows the limits")
    func follows() throws {
        let found = try ceiling(options)
        var fewer = options
        fewer.shares.connections = 100
        #expect(try ceiling(fewer).byteCount < found.byteCount)
        var more = options
        more.grpc = ListenAddress(host: "127.0.0.1", port: 1)
        #expect(try ceiling(more).byteCount > found.byteCount)
        #expect(try ceiling(options, shards: 2).byteCount > found.byteCount)
        #expect(try ceiling(options, shards: 0).byteCount < found.byteCount)
        var audited = options
        audited.auditFile = "audit.jsonl"
        #expect(try ceiling(audited).byteCount > found.byteCount)
    }
}
