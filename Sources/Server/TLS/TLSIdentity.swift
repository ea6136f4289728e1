internal import Logging
internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// The certificate chain and key that a listener shows, exchanged when their files change.
///
/// Connections that began keep what they began with.
final class TLSIdentity: ReloadableFiles {
    /// The paths that are read.
    let files: TLSFiles

    let name = "certificate for TLS"

    private let logger: Logger
    private let current: Mutex<NIOSSLContext>

    /// Reads the files; throws `ConfigurationMistakes` with one line a mistake.
    init(_ files: TLSFiles, logger: Logger) throws(ConfigurationMistakes) {
        self.files = files
        self.logger = logger
        current = Mutex(try Self.load(files, logger))
    }

    /// What a connection that begins now uses.
    var context: NIOSSLContext { current.withLock { $0 } }

    var watchedPaths: [String] { [files.certificate, files.key] }

    /// Reads the files again; throws every mistake and leaves the old pair in use.
    func reload() throws {
        let context = try Self.load(files, logger)
        current.withLock { $0 = context }
    }

    private static func load(_ files: TLSFiles, _ logger: Logger) throws(ConfigurationMistakes) -> NIOSSLContext {
        var mistakes: [String] = []
        let chain = read(files.certificate, "no certificates in PEM", &mistakes) {
            try NIOSSLCertificate.fromPEMBytes($0)
        }
        let key = read(files.key, "not an unencrypted private key in PEM", &mistakes) {
            try NIOSSLPrivateKey(bytes: $0, format: .pem)
        }
        guard let chain, let key else { throw ConfigurationMistakes(mistakes) }
        guard !chain.isEmpty else { throw ConfigurationMistakes(["\(files.certificate): no certificates in PEM"]) }
        if PrivateFile.isReadableByOthers(files.key) {
            logger.warning("others than its owner may read the key for TLS", metadata: ["file": "\(files.key)"])
        }
        do {
            return try NIOSSLContext(configuration: configuration(chain, key))
        } catch {
            throw ConfigurationMistakes(["\(files.key): does not belong to the certificate in \(files.certificate)"])
        }
    }

    private static func configuration(_ chain: [NIOSSLCertificate], _ key: NIOSSLPrivateKey) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["h2", "http/1.1"]
        configuration.renegotiationSupport = .none
        // What a connection still holds is freed only when the client has agreed to its end, or after this.
        configuration.shutdownTimeout = .seconds(1)
        return configuration
    }

    private static func read<Value>(
        _ path: String, _ expectation: String, _ mistakes: inout [String], _ parse: ([UInt8]) throws -> Value
    ) -> Value? {
        do throws(FileError) {
            let bytes = try PrivateFile.read(path, readers: .anyone)
            if let value = try? parse(bytes) { return value }
            mistakes.append("\(path): \(expectation)")
        } catch {
            mistakes.append("\(error)")
        }
        return nil
    }
}
