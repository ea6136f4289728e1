/// The checks of a start, numbered as in transparency-log 3.5.
package enum StartUpCheck: Int, CaseIterable, Sendable, CustomStringConvertible {
    case lockAndSettings = 1
    case configuration
    case key
    case head
    case clock
    case entryCount
    case rightEdge
    case lastEntries
    case root
    case integrity
    case guardFile
    case publication

    package var description: String {
        let name =
            switch self {
            case .lockAndSettings: "lock and settings"
            case .configuration: "configuration"
            case .key: "key"
            case .head: "head"
            case .clock: "clock"
            case .entryCount: "number of entries"
            case .rightEdge: "right edge of the tree"
            case .lastEntries: "last entries"
            case .root: "root of the whole tree"
            case .integrity: "integrity of the database"
            case .guardFile: "guard file"
            case .publication: "publication of the head"
            }
        return "start-up check \(rawValue) of \(Self.allCases.count) (\(name))"
    }

    /// Runs one check, so that damage is reported with the check that found it.
    func run<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch StoreRefusal.damaged(let what) {
            throw StoreRefusal.damaged("\(self): \(what)")
        } catch is MissingHash {
            throw StoreRefusal.damaged("\(self): a tile lacks hashes that the head covers")
        }
    }
}
