internal import Yams

/// A mapping of an identity configuration by the text of its keys.
struct IssuerFileFields {
    /// The keys in the order of the file.
    let names: [String]
    private let nodes: [String: Node]

    init(_ mapping: Node.Mapping) {
        names = mapping.map { $0.key.string ?? "" }
        nodes = Dictionary(mapping.map { ($0.key.string ?? "", $0.value) }) { first, _ in first }
    }

    /// The keys that stand more than once, sorted.
    var duplicates: [String] {
        Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
    }

    /// What stands beside a key in either of its spellings.
    func node(_ spelling: (String, String)) -> Node? { nodes[spelling.0] ?? nodes[spelling.1] }
}
