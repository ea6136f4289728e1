internal import Logging

/// The identities of the two ports, each pair of files read once.
struct ListenerIdentities: Sendable {
    /// What the port of HTTP shows; nil for clear text.
    let http: TLSIdentity?

    /// What the port of gRPC shows; that of HTTP unless it has its own.
    let grpc: TLSIdentity?

    /// Reads all files; throws every mistake at once, one line each.
    init(_ options: ServerOptions, logger: Logger) throws(ConfigurationMistakes) {
        var mistakes: [String] = []
        func identity(_ files: TLSFiles?) -> TLSIdentity? {
            guard let files else { return nil }
            do throws(ConfigurationMistakes) {
                return try TLSIdentity(files, logger: logger)
            } catch {
                mistakes += error.lines
                return nil
            }
        }
        let http = identity(options.tls)
        self.http = http
        grpc = options.grpcTLS == nil || options.grpcTLS == options.tls ? http : identity(options.grpcTLS)
        if options.http == options.grpc, let files = options.grpcTLS, files != options.tls {
            mistakes.append(
                "\(files.certificate): HTTP and gRPC share one port, which has one certificate; set --tls-certificate")
        }
        guard mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
    }

    /// Each identity once.
    var all: [TLSIdentity] {
        let own = grpc.flatMap { $0 === http ? nil : $0 }
        return [http, own].compactMap { $0 }
    }
}
