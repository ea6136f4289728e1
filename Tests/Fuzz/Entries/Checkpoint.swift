import OpenSSL
import TransparencyLog

extension FuzzEntry {
    /// Signed notes, and the checkpoint of one log among them.
    static let checkpoint = FuzzEntry("checkpoint", seeds: { [try Corpus.file("checkpoint/checkpoint.txt")] }) {
        bytes in
        let note = try SignedNote(parsing: bytes)
        guard note.bytes == bytes else { return "a note has a second spelling" }
        let (good, key, origin) = try log.get()
        if let checkpoint = try? Checkpoint(parsing: bytes, origin: origin, key: key) {
            guard checkpoint.signedTreeHead == good else { return "a head verifies that nobody signed" }
        }
        return nil
    }

    private static let log = Result {
        let bytes = try Corpus.file("checkpoint/checkpoint.txt")
        let info = try SubjectPublicKeyInfo(der: try PEM.firstBlock(in: Corpus.file("checkpoint/log.pem")).read().bytes)
        let origin = try Origin(String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)).read()
        let key = try PublicKey(info)
        return (try Checkpoint(parsing: bytes, origin: origin, key: key).signedTreeHead, key, origin)
    }
}
