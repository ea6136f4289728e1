internal import ArgumentParser
internal import OpenSSL
internal import Server
internal import Glibc

/// Prints a file of ours in words.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a certificate, request, public key, identity token or checkpoint in words.",
        discussion: """
            Nothing is verified: this says what a file claims, not whether it is true. A hyphen reads standard input. \
            PEM and DER are both read, and a file with several PEM blocks is printed whole.

            Example:
              curl -s https://ca.example.org/log/2026a/checkpoint | mintmark inspect -
            """
    )

    @Argument(help: "The file, or - for standard input.")
    var file: String

    func run() throws {
        let bytes =
            file == "-"
            ? try PrivateFile.readToEnd(STDIN_FILENO, "standard input") : try PrivateFile.read(file, readers: .anyone)
        do {
            StandardOutput.write(try FileDescription.text(bytes))
        } catch {
            throw ConfigurationMistakes(["\(file): \((error as? DERError)?.reason ?? "\(error)")"])
        }
    }
}
