internal import ArgumentParser

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

    /// Where these options say that it comes from.
    var source: PassphraseSource { PassphraseSource(file: passphraseFile, descriptor: passphraseFd) }
}
