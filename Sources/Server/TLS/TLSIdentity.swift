internal import Logging
internal import NIOSSL
internal import Synchronization

/// The certificate chain and key that a listener shows, exchanged when their files change.
///
/// Connections that began keep what they began with.
final class TLSIdentity: Sendable {
    /// The paths that are read.
    let files: TLSFiles

    private let logger: Logger
    private let state: Mutex<State>

    private struct State {
        var context: NIOSSLContext
        /// What was looked at last, good or bad: nothing is tried twice.
        var stamps: [FileStamp?]
    }

    /// Reads the files; throws `ConfigurationMistakes` with one line a mistake.
    init(_ files: TLSFiles, logger: Logger) throws(ConfigurationMistakes) {
        self.files = files
        self.logger = logger
        let stamps = Self.stamps(files)
        state = Mutex(State(context: try Self.load(files, logger), stamps: stamps))
    }

    /// What a connection that begins now uses.
    var context: NIOSSLContext { state.withLock { $0.context } }

    /// Reads the files again if they are not those that were looked at last.
    func reloadIfChanged() {
        let stamps = Self.stamps(files)
        guard state.withLock({ $0.stamps != stamps }) else { return }
        reload(stamps)
    }

    /// Reads the files again; what does not fit leaves the old pair in use and is logged with its reason.
    func reload() {
        reload(Self.stamps(files))
    }

    /// `stamps` are older than what is read, so that a change in between is seen next time.
    private func reload(_ stamps: [FileStamp?]) {
        do throws(ConfigurationMistakes) {
            let context = try Self.load(files, logger)
            state.withLock { $0 = State(context: context, stamps: stamps) }
            logger.notice("loaded the certificate for TLS", metadata: ["file": "\(files.certificate)"])
        } catch {
            state.withLock { $0.stamps = stamps }
            let reasons = error.lines.joined(separator: "; ")
            logger.error("kept the old certificate for TLS", metadata: ["reason": "\(reasons)"])
        }
    }

    private static func stamps(_ files: TLSFiles) -> [FileStamp?] {
        [files.certificate, files.key].map { FileStamp(ofFileAt: $0) }
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
