import StrictJSON

/// Reads the template language of CA specification A.3; everything outside it is an error.
struct TemplateParser {
    private typealias Token = TemplateLexer.Token

    private static let depthLimit = 32
    private static let byteLimit = 16 * 1024

    private let pieces: [TemplateLexer.Piece]
    private var next = 0

    private init(_ pieces: [TemplateLexer.Piece]) {
        self.pieces = pieces
    }

    /// The nodes of a template of at most 16 KiB, with conditions at most 32 deep.
    static func nodes(of source: String) throws(TemplateError) -> [TemplateNode] {
        guard source.utf8.count <= byteLimit else { throw TemplateError("longer than \(byteLimit) bytes", line: 1) }
        var parser = TemplateParser(try TemplateLexer.pieces(of: source))
        let (nodes, end) = try parser.nodes(depth: 0)
        if let end { throw TemplateError("unexpected {{\(end.word)}}", line: end.line) }
        return nodes
    }

    /// What ended a list of nodes: `else` or `end` with the tokens behind it.
    private struct End {
        let word: String
        let rest: [Token]
        let line: Int
    }

    private mutating func nodes(depth: Int) throws(TemplateError) -> ([TemplateNode], End?) {
        var nodes: [TemplateNode] = []
        while next < pieces.count {
            let piece = pieces[next]
            next += 1
            switch piece {
            case .text(let text): nodes.append(.text(text))
            case .action(let tokens, let line):
                guard case .word(let word) = tokens.first else {
                    nodes.append(.value(try value(tokens, line)))
                    continue
                }
                let rest = Array(tokens.dropFirst())
                switch word {
                case "if": nodes.append(try conditional(rest, line, depth: depth + 1))
                case "else", "end": return (nodes, End(word: word, rest: rest, line: line))
                default: nodes.append(.value(try value(tokens, line)))
                }
            }
        }
        return (nodes, nil)
    }

    private mutating func conditional(
        _ tokens: [Token], _ line: Int, depth: Int
    ) throws(TemplateError) -> TemplateNode {
        guard depth <= Self.depthLimit else { throw TemplateError("too many conditions in each other", line: line) }
        var branches: [TemplateNode.Branch] = []
        var condition = try self.condition(tokens, line)
        while true {
            let (nodes, end) = try nodes(depth: depth)
            guard let end else { throw TemplateError("unexpected EOF", line: line) }
            branches.append(TemplateNode.Branch(condition: condition, nodes: nodes))
            if end.word == "end" {
                guard end.rest.isEmpty else { throw TemplateError("unexpected text in end", line: end.line) }
                return .conditional(branches, otherwise: [])
            }
            guard !end.rest.isEmpty else {
                let (otherwise, last) = try self.nodes(depth: depth)
                guard let last else { throw TemplateError("unexpected EOF", line: line) }
                guard last.word == "end", last.rest.isEmpty else {
                    throw TemplateError("unexpected {{\(last.word)}} after {{else}}", line: last.line)
                }
                return .conditional(branches, otherwise: otherwise)
            }
            guard end.rest.first == .word("if") else {
                throw TemplateError("unexpected text in else", line: end.line)
            }
            condition = try self.condition(Array(end.rest.dropFirst()), end.line)
        }
    }

    private func value(_ tokens: [Token], _ line: Int) throws(TemplateError) -> TemplateValue {
        guard case .value(let value) = try TemplateExpression.condition(of: tokens, line: line) else {
            throw TemplateError("a condition cannot be written out", line: line)
        }
        return value
    }

    private func condition(_ tokens: [Token], _ line: Int) throws(TemplateError) -> TemplateCondition {
        guard !tokens.isEmpty else { throw TemplateError("missing value for if", line: line) }
        return try TemplateExpression.condition(of: tokens, line: line)
    }
}
