package import StrictJSON

/// A path to one value of a claims set, as `issuer-claim` writes it (CA specification 2.7).
///
/// The subset: `$`, then any of `.name`, `['name']`, `["name"]` and `[n]`. It names at most one value.
package struct JSONPath: Hashable, Sendable {
    private enum Step: Hashable, Sendable {
        case member(String)
        case element(Int)
    }

    /// The path as it was written.
    package let text: String
    private let steps: [Step]

    /// Reads a path; nil when it is not of the subset.
    package init?(_ text: String) {
        var rest = Substring(text)
        guard rest.popFirst() == "$" else { return nil }
        var steps: [Step] = []
        while let mark = rest.popFirst() {
            let step =
                switch mark {
                case ".": Self.name(&rest)
                case "[": Self.bracket(&rest)
                default: Step?.none
                }
            guard let step else { return nil }
            steps.append(step)
        }
        guard steps.count <= 32 else { return nil }
        self.text = text
        self.steps = steps
    }

    /// The value the path leads to; nil when a step finds nothing.
    package func value(in root: JSONValue) -> JSONValue? {
        var current = root
        for step in steps {
            let next: JSONValue? =
                switch step {
                case .member(let name): current[name]
                case .element(let index): current.elements.flatMap { $0.indices.contains(index) ? $0[index] : nil }
                }
            guard let next else { return nil }
            current = next
        }
        return current
    }

    private static func name(_ rest: inout Substring) -> Step? {
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
        guard !name.isEmpty else { return nil }
        rest.removeFirst(name.count)
        return .member(String(name))
    }

    private static func bracket(_ rest: inout Substring) -> Step? {
        guard let end = rest.firstIndex(of: "]") else { return nil }
        if let quote = rest.first, quote == "'" || quote == "\"" { return quoted(by: quote, &rest) }
        let digits = rest[..<end]
        rest = rest[rest.index(after: end)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(digits).map(Step.element)
    }

    private static func quoted(by quote: Character, _ rest: inout Substring) -> Step? {
        rest.removeFirst()
        guard let end = rest.firstIndex(of: quote) else { return nil }
        let name = rest[..<end]
        rest = rest[rest.index(after: end)...]
        guard rest.popFirst() == "]", !name.isEmpty, !name.contains("\\") else { return nil }
        return .member(String(name))
    }
}
