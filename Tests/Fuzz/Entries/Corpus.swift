import Foundation
import OpenSSL

/// The files of Tests/Fuzz/Corpus, made once by tools of others from keys that are used nowhere else.
enum Corpus {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Corpus").standardized

    /// The bytes of one file, such as `chain/whole.pem`.
    static func file(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: path)))
    }

    /// The bytes of one file of the CA in keys-example.
    static func example(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: "../../../keys-example/\(path)").standardized))
    }

    /// The bytes of every file of one folder, in the order of their names.
    static func files(_ name: String) throws -> [[UInt8]] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: name).path).sorted()
            .map { try file("\(name)/\($0)") }
    }

    /// What the first PEM block of every file of one folder holds.
    static func blocks(_ name: String) throws -> [[UInt8]] {
        try files(name).map { try PEM.firstBlock(in: $0).read().bytes }
    }
}
