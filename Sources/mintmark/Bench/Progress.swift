internal import Server
internal import Glibc

/// One line on standard error that says what is being done, when a person looks on.
enum Progress {
    private static let isShown = isatty(STDERR_FILENO) == 1

    /// Replaces the line.
    static func show(_ text: String) {
        guard isShown else { return }
        StandardError.writeRaw("\r\u{1B}[K\(text)")
    }

    /// Removes the line.
    static func end() {
        guard isShown else { return }
        StandardError.writeRaw("\r\u{1B}[K")
    }
}
