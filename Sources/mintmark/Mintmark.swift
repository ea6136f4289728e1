internal import ArgumentParser
internal import OpenSSL
internal import Server
internal import Glibc

/// The program: a private code-signing CA with its own transparency log.
struct Mintmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mintmark",
        abstract: "A private code-signing certificate authority with its own transparency log.",
        discussion: """
            Mintmark speaks the API of Sigstore's Fulcio: a client proves who it is with an OpenID Connect token and \
            that it holds a key, and gets a certificate that lives ten minutes and is in the log before it leaves.

            First time here: run `mintmark demo`. To set up a CA: `mintmark init`, then `mintmark serve`.
            """,
        version: "mintmark \(ServerVersion.current) with \(OpenSSLLibrary.version)",
        subcommands: [
            Demo.self, Init.self, Serve.self, Check.self, Inspect.self, Verify.self, LogCommand.self,
            BackupCommand.self, Restore.self, Audit.self, Bench.self, RunDevelopmentIssuer.self, Version.self,
        ]
    )
}

@main
enum Main {
    /// Runs the command; exit status 0, 1 when it refused or failed, 64 when it was called wrongly.
    static func main() async {
        do {
            try OpenSSLLibrary.initialize()
            var command = try Mintmark.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            LineWriter.flushAll()
        } catch let mistakes as ConfigurationMistakes {
            LineWriter.flushAll()
            mistakes.lines.forEach(StandardError.report)
            exit(EXIT_FAILURE)
        } catch let mistakes as SettingMistakes {
            mistakes.lines.forEach(StandardError.report)
            // Only these two take settings.
            let name = CommandLine.arguments.dropFirst().first == "check" ? "check" : "serve"
            if !mistakes.usage.isEmpty { StandardError.write("See: mintmark \(name) --help") }
            exit(mistakes.usage.isEmpty ? EXIT_FAILURE : EX_USAGE)
        } catch {
            LineWriter.flushAll()
            guard Mintmark.exitCode(for: error) == .failure, !(error is ExitCode) else {
                Mintmark.exit(withError: error)
            }
            StandardError.report("\(error)")
            exit(EXIT_FAILURE)
        }
    }
}

/// Results; written at once, so that a reader on a pipe sees them while the command goes on.
enum StandardOutput {
    /// One line, or several that are joined already.
    static func write(_ text: String) {
        Descriptor.write(text, to: STDOUT_FILENO)
    }
}

/// What the program says beside its results.
enum StandardError {
    /// One line that names the program.
    static func report(_ line: String) {
        write("mintmark: \(line)")
    }

    /// One line.
    static func write(_ line: String) {
        Descriptor.write(line, to: STDERR_FILENO)
    }

    /// Text as it is, without the end of a line.
    static func writeRaw(_ text: String) {
        Descriptor.write(bytes: Array(text.utf8), to: STDERR_FILENO)
    }
}

private enum Descriptor {
    static func write(_ text: String, to descriptor: Int32) {
        write(bytes: Array("\(text)\n".utf8), to: descriptor)
    }

    static func write(bytes: [UInt8], to descriptor: Int32) {
        _ = DescriptorOutput.write(bytes, to: descriptor)
    }
}
