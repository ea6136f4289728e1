internal import NIOCore
internal import NIOPosix

/// Ports of the loopback interface.
enum FreePort {
    /// A port that was free a moment ago; names and configuration files need one before anything listens.
    static func find() async throws -> Int {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close()
        return port
    }
}
