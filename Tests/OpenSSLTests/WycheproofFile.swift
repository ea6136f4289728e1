import Foundation
import TestVectors

/// What the tests here read of a file of Project Wycheproof.
struct WycheproofFile: Decodable {
    let testGroups: [Group]

    struct Group: Decodable {
        let publicKeyDer: String?
        let tests: [Case]
    }

    struct Case: Decodable {
        let tcId: Int
        let comment: String
        let msg: String?
        let sig: String?
        let `public`: String?
        let result: String
    }

    init(named name: String) throws {
        self = try JSONDecoder().decode(WycheproofFile.self, from: Wycheproof.file(named: name))
    }
}
