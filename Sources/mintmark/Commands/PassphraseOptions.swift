internal import ArgumentParser
internal import Dispatch
internal import OpenSSL
internal import Server
internal import Glibc

/// Where the passphrase of the key files comes from; never an argument, which every user of the machine can read.
struct PassphraseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file whose first line is the passphrase of the key files.", valueName: "file"))
    var passphraseFile: String?

    @Option(
        help: ArgumentHelp(
            "A file descriptor from which the passphrase is read, such as 3 with 3<file.", valueName: "number"))
    var passphraseFd: Int32?

    func validate() throws {
        guard passphraseFile == nil || passphraseFd == nil else {
            throw ValidationError("give either --passphrase-file or --passphrase-fd, not both")
        }
    }

    /// The passphrase from the file or descriptor, else from a prompt when a terminal is there.
    ///
    /// `isNew` asks twice at the prompt. Throws one line that says what is missing.
    func passphrase(isNew: Bool) throws -> Passphrase {
        if let passphraseFile { return try Self.passphrase(inFile: passphraseFile) }
        if let passphraseFd {
            let name = "file descriptor \(passphraseFd)"
            return try Self.firstLine(try PrivateFile.readToEnd(passphraseFd, name), name)
        }
        guard isatty(STDIN_FILENO) == 1 else {
            throw ConfigurationMistakes(["no passphrase: give --passphrase-file or --passphrase-fd"])
        }
        let first = try Self.prompt("Passphrase of the key files: ")
        guard isNew else { return try Self.firstLine(first, "the prompt") }
        guard try Self.prompt("The same once more: ") == first else {
            throw ConfigurationMistakes(["the two passphrases differ"])
        }
        return try Self.firstLine(first, "the prompt")
    }

    /// The first line of a file, after a warning when others than its owner may read it.
    static func passphrase(inFile path: String) throws -> Passphrase {
        if PrivateFile.isReadableByOthers(path) {
            StandardError.report("warning: others than its owner may read \(path)")
        }
        return try firstLine(try PrivateFile.read(path, readers: .anyone), path)
    }

    private static func firstLine(_ bytes: consuming [UInt8], _ source: String) throws -> Passphrase {
        let end = bytes.firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.endIndex
        bytes.removeSubrange(end...)
        do {
            return try Passphrase(cleansing: &bytes)
        } catch {
            throw ConfigurationMistakes(["\(source): no passphrase of 1 to 1,024 octets on the first line"])
        }
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
