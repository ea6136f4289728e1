import Dispatch
import Glibc
import OpenSSL

/// Reads what the issuer of a Kubernetes cluster asks for, anew for each fetch: mounted files are replaced.
struct KubernetesCredentials: Sendable {
    private static let byteLimit = 1 << 20
    private static let queue = DispatchQueue(label: "mintmark.mounted-files")

    let files: KubernetesFiles

    /// The certificates trusted beside the system's, as DER; throws when there are none.
    func trustRoots() async throws(FetchFailure) -> [[UInt8]] {
        guard let text = await Self.read(files.trustRoots), let blocks = PEM.blocks(in: text) else {
            throw .trustFileUnreadable
        }
        let certificates = blocks.filter { $0.label == "CERTIFICATE" && (try? Certificate(der: $0.bytes)) != nil }
        guard !certificates.isEmpty else { throw .trustFileUnreadable }
        return certificates.map(\.bytes)
    }

    /// The service-account token; nil when there is no such file, or it holds what no header can carry.
    func token() async -> String? {
        guard let bytes = await Self.read(files.token) else { return nil }
        let token = bytes.drop { $0 <= 0x20 }.prefix { $0 > 0x20 }
        guard !token.isEmpty, token.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return String(decoding: token, as: UTF8.self)
    }

    /// The bytes of a file off the cooperative pool; nil when it cannot be read or is longer than 1 MiB.
    private static func read(_ path: String) async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: contents(of: path)) }
        }
    }

    private static func contents(of path: String) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        // -1 is the only failure; its reason does not matter here.
        guard descriptor >= 0 else { return nil }
        defer { _ = Glibc.close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count <= byteLimit {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            // 0 is the end of the file, -1 a failure.
            if count == 0 { return bytes }
            guard count > 0 else { return nil }
            bytes += buffer.prefix(count)
        }
        return nil
    }
}
