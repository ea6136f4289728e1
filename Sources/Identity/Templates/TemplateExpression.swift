/// Reads what stands inside one action of a template: a value, or a condition made of values.
struct TemplateExpression {
    private static let depthLimit = 32

    private let tokens: [TemplateLexer.Token]
    private let line: Int
    private var next = 0

    /// The one expression that all the tokens make; a plain value is the condition that it is not empty.
    static func condition(of tokens: [TemplateLexer.Token], line: Int) throws(TemplateError) -> TemplateCondition {
        var expression = TemplateExpression(tokens: tokens, line: line)
        let condition = try expression.whole(depth: 0)
        guard expression.next == tokens.count else { throw TemplateError("unexpected text in action", line: line) }
        return condition
    }

    private init(tokens: [TemplateLexer.Token], line: Int) {
        self.tokens = tokens
        self.line = line
    }

    private var current: TemplateLexer.Token? { next < tokens.count ? tokens[next] : nil }

    private mutating func whole(depth: Int) throws(TemplateError) -> TemplateCondition {
        guard depth <= Self.depthLimit else { throw TemplateError("too many parentheses in each other", line: line) }
        guard case .word(let word) = current else { return try operand(depth: depth) }
        next += 1
        if word == "index" { return .value(try index()) }
        let operands = try operands(depth: depth)
        switch (word, operands.count) {
        case ("eq", 2...):
            let values = try operands.map { operand throws(TemplateError) in try value(operand) }
            return .equal(values[0], Array(values[1...]))
        case ("ne", 2): return .notEqual(try value(operands[0]), try value(operands[1]))
        case ("not", 1): return .not(operands[0])
        case ("and", 1...): return .all(operands)
        case ("or", 1...): return .any(operands)
        case ("eq", _), ("ne", _), ("not", _), ("and", _), ("or", _):
            throw TemplateError("wrong number of args for \(word)", line: line)
        default: throw TemplateError("function \"\(word)\" not defined", line: line)
        }
    }

    private mutating func index() throws(TemplateError) -> TemplateValue {
        guard current == .dot, next + 1 < tokens.count, case .string(let name) = tokens[next + 1] else {
            throw TemplateError("index takes . and one string", line: line)
        }
        next += 2
        return .index(name)
    }

    private mutating func operands(depth: Int) throws(TemplateError) -> [TemplateCondition] {
        var operands: [TemplateCondition] = []
        while let token = current, token != .closing { operands.append(try operand(depth: depth)) }
        return operands
    }

    private mutating func operand(depth: Int) throws(TemplateError) -> TemplateCondition {
        let token = current
        next += 1
        switch token {
        case nil: throw TemplateError("missing value for command", line: line)
        case .field(let name): return .value(.field(name))
        case .string(let text): return .value(.literal(text))
        case .opening:
            let inner = try whole(depth: depth + 1)
            guard current == .closing else { throw TemplateError("unclosed left paren", line: line) }
            next += 1
            return inner
        case .dot: throw TemplateError("the whole map is no value", line: line)
        case .closing: throw TemplateError("unexpected right paren", line: line)
        case .word(let word): throw TemplateError("\(word) cannot stand here", line: line)
        }
    }

    private func value(_ condition: TemplateCondition) throws(TemplateError) -> TemplateValue {
        guard case .value(let value) = condition else {
            throw TemplateError("incompatible types for comparison", line: line)
        }
        return value
    }
}
