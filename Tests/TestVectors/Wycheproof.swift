package import Foundation

/// The vectors of Project Wycheproof, which lie beside the checkout: the data is not ours to commit.
package enum Wycheproof {
    /// Why a suite that needs the vectors is skipped.
    package static let absence = "the Wycheproof vectors are not beside this checkout (../shared/vectors/wycheproof)"

    /// Whether the vectors are there.
    package static var isAvailable: Bool { FileManager.default.fileExists(atPath: folder.path) }

    /// The bytes of one file, named without the `_test.json` behind its name; throws when it cannot be read.
    package static func file(named name: String) throws -> Data {
        try Data(contentsOf: folder.appending(path: "\(name)_test.json"))
    }

    /// Where the vectors lie, relative to this file.
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/vectors/wycheproof").standardized
}
