internal import ArgumentParser
internal import OpenSSL
internal import Server
internal import StrictJSON

/// Prints which program this is.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the version.",
        discussion: "The fields are those of Fulcio's command, as far as they mean something here."
    )

    @Flag(help: "Print it as JSON.")
    var json = false

    func run() throws {
        if json {
            let members = Self.fields.map { field in
                let name = field.name.prefix(1).lowercased() + field.name.dropFirst()
                return JSONMember(name: name, value: .string(field.value))
            }
            StandardOutput.write(JSONText(.object(members)).string)
        } else {
            let width = (Self.fields.map(\.name.count).max() ?? 0) + 2
            let lines = Self.fields.map { field in
                "\(field.name):" + String(repeating: " ", count: width - field.name.count) + field.value
            }
            StandardOutput.write(lines.joined(separator: "\n"))
        }
    }

    /// The commit and the time of the build are not in the program, so that one source makes one program.
    private static let fields: [(name: String, value: String)] = [
        ("GitVersion", ServerVersion.current), ("Compiler", "swift \(ServerVersion.compiler)"), ("Platform", platform),
        ("OpenSSL", OpenSSLLibrary.version),
    ]

    private static var platform: String {
        #if arch(x86_64)
            "linux/amd64"
        #elseif arch(arm64)
            "linux/arm64"
        #else
            "linux"
        #endif
    }
}
