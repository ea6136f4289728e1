internal import ArgumentParser
internal import OpenSSL
internal import Server
internal import StrictJSON

/// Lists and changes the roots whose chains the log takes.
struct LogRoots: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roots",
        abstract: "List or change the roots whose chains the log takes.",
        discussion: """
            A change needs the server stopped, is kept with who made it and why (see mintmark log history), and counts \
            from the next start on. Who may submit over HTTP is another question: see serve --log-accept. \
            Entries under a root that is removed stay, and are still served with their whole chains.

            Example:
              mintmark log roots --data-dir /var/lib/mintmark \\
                --add partner-root.pem --reason "ticket 4711"
            """
    )

    @OptionGroup var directory: LogDirectory

    @Option(help: "The shard; to be named when there are several.")
    var shard: String?

    @Option(help: ArgumentHelp("Accept the certificates of a PEM file; may be repeated.", valueName: "file"))
    var add: [String] = []

    @Option(help: ArgumentHelp("Accept the root with this SHA-256 no more; may be repeated.", valueName: "digest"))
    var remove: [String] = []

    @Option(help: "Why, and who says so: kept with the change.")
    var reason = ""

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let roots = try await AcceptedRoots(directory.value, shard: shard).change(
            adding: add, removing: remove, actor: Operator.name, reason: reason, now: .now())
        guard json else {
            for root in roots {
                StandardOutput.write("\(root.fingerprint.hex)  \(DistinguishedName.description(of: root.subject))")
            }
            return
        }
        let list = roots.map { root -> JSONValue in
            [
                "sha256": .string(root.fingerprint.hex),
                "subject": .string(DistinguishedName.description(of: root.subject)),
            ]
        }
        StandardOutput.write(JSONText(["roots": .array(list)]).string)
    }
}
