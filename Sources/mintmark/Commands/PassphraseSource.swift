internal import Dispatch
internal import OpenSSL
internal import Server
internal import Glibc

/// A file, a descriptor or a prompt with the passphrase of the key files.
struct PassphraseSource {
    let file: String?
    let descriptor: Int32?

    /// The passphrase from the file or descriptor, else from a prompt when a terminal is there.
    ///
    /// `isNew` asks twice at the prompt. Throws one line that says what is missing.
    func passphrase(isNew: Bool) throws -> Passphrase {
        if let file {
            if PrivateFile.isReadableByOthers(file) {
                StandardError.report("warning: others than its owner may read \(file)")
            }
            return try Self.required(try PassphraseLine.read(file))
        }
        if let descriptor {
            let name = "file descriptor \(descriptor)"
            return try Self.required(try PassphraseLine.first(of: try PrivateFile.readToEnd(descriptor, name), name))
        }
        guard isatty(STDIN_FILENO) == 1 else {
            throw ConfigurationMistakes(["no passphrase: give --passphrase-file or --passphrase-fd"])
        }
        let first = try Self.prompt("Passphrase of the key files: ")
        guard isNew else { return try Self.required(try PassphraseLine.first(of: first, "the prompt")) }
        guard try Self.prompt("The same once more: ") == first else {
            throw ConfigurationMistakes(["the two passphrases differ"])
        }
        return try Self.required(try PassphraseLine.first(of: first, "the prompt"))
    }

    private static func required(_ passphrase: Passphrase?) throws -> Passphrase {
        guard let passphrase else { throw ConfigurationMistakes(["no passphrase given"]) }
        return passphrase
    }

    /// Reads a line from the terminal without showing it.
    private static func prompt(_ text: String) throws -> [UInt8] {
        var settings = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else { throw ConfigurationMistakes(["no terminal"]) }
        // A signal at the prompt must not leave the terminal without echo.
        signal(SIGINT, SIG_IGN)
        let interruption = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        interruption.setEventHandler { [settings] in
            var settings = settings
            unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            Glibc.exit(130)
        }
        interruption.resume()
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            interruption.cancel()
            signal(SIGINT, SIG_DFL)
            StandardError.write("")
        }
        _ = unsafe text.utf8CString.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count - 1) }
        guard let line = readLine(strippingNewline: true) else { throw ConfigurationMistakes(["no passphrase given"]) }
        return Array(line.utf8)
    }
}
