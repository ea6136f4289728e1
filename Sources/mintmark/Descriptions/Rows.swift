internal import OpenSSL

/// Labels and values for a person, in two columns.
struct Rows {
    private var rows: [(label: String, value: String)] = []

    /// Adds a row; a value that comes from outside is made safe to print.
    mutating func add(_ label: String, _ value: String?) {
        guard let value else { return }
        rows.append((label, value.debugQuoted))
    }

    /// Adds a line of its own between the rows.
    mutating func addHeading(_ text: String) {
        rows.append((text, ""))
    }

    /// The rows with their values in one column, each line indented.
    func text(indent: String = "  ") -> String {
        let width = rows.filter { !$0.value.isEmpty }.map(\.label.count).max() ?? 0
        return rows.map { label, value in
            guard !value.isEmpty else { return "\(indent)\(label)" }
            return indent + label + String(repeating: " ", count: width - label.count + 2) + value
        }
        .joined(separator: "\n")
    }
}
