/// Cuts a template into text and actions, and actions into tokens (CA specification A.3).
struct TemplateLexer {
    /// The smallest part of an action.
    enum Token: Hashable {
        /// `.name`
        case field(String)
        /// `.` alone
        case dot
        /// A string literal, without its quotes and escapes.
        case string(String)
        /// A key word or the name of a function.
        case word(String)
        case opening, closing
    }

    /// One stretch of text, or what stands between `{{` and `}}`.
    enum Piece {
        case text(String)
        case action([Token], line: Int)
    }

    private static let blanks = Set(" \t\r\n".utf8)
    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
        UInt8(ascii: "n"): 0x0A, UInt8(ascii: "t"): 0x09, UInt8(ascii: "r"): 0x0D,
    ]

    private let bytes: [UInt8]
    private var place = 0

    private init(_ source: String) {
        bytes = Array(source.utf8)
    }

    /// The pieces of a template; comments are left out.
    static func pieces(of source: String) throws(TemplateError) -> [Piece] {
        var lexer = TemplateLexer(source)
        return try lexer.pieces()
    }

    private mutating func pieces() throws(TemplateError) -> [Piece] {
        var pieces: [Piece] = []
        while place < bytes.count {
            var text = textBeforeAction()
            let hasAction = place < bytes.count
            if hasAction {
                advance(2)
                if startsTrimming {
                    advance(1)
                    while let last = text.last, Self.blanks.contains(last) { text.removeLast() }
                }
            }
            if !text.isEmpty { pieces.append(.text(String(decoding: text, as: UTF8.self))) }
            guard hasAction else { break }
            let line = line
            if try skipComment() { continue }
            pieces.append(.action(try tokens(), line: line))
        }
        return pieces
    }

    private var line: Int { 1 + bytes[..<place].count { $0 == 0x0A } }

    /// `{{` is followed by `-` and a blank.
    private var startsTrimming: Bool {
        byte(0) == UInt8(ascii: "-") && byte(1).map(Self.blanks.contains) == true
    }

    private func byte(_ offset: Int) -> UInt8? {
        place + offset < bytes.count ? bytes[place + offset] : nil
    }

    private mutating func advance(_ count: Int) { place = min(place + count, bytes.count) }

    private func isAt(_ text: String) -> Bool { bytes[place...].starts(with: text.utf8) }

    private mutating func skipBlanks() {
        while let next = byte(0), Self.blanks.contains(next) { place += 1 }
    }

    private mutating func textBeforeAction() -> [UInt8] {
        let start = place
        while place < bytes.count, !isAt("{{") { place += 1 }
        return Array(bytes[start..<place])
    }

    /// Passes the end of an action and the text that it trims; false when this is not the end.
    private mutating func passEnd() -> Bool {
        if isAt("}}") {
            advance(2)
            return true
        }
        guard let before = place > 0 ? bytes[place - 1] : nil, Self.blanks.contains(before), isAt("-}}") else {
            return false
        }
        advance(3)
        skipBlanks()
        return true
    }

    private mutating func skipComment() throws(TemplateError) -> Bool {
        let start = place
        skipBlanks()
        guard isAt("/*") else {
            place = start
            return false
        }
        while place < bytes.count, !isAt("*/") { place += 1 }
        guard place < bytes.count else { throw TemplateError("unclosed comment", line: line) }
        advance(2)
        skipBlanks()
        guard passEnd() else { throw TemplateError("comment ends before closing delimiter", line: line) }
        return true
    }

    private mutating func tokens() throws(TemplateError) -> [Token] {
        var tokens: [Token] = []
        while true {
            skipBlanks()
            if passEnd() { return tokens }
            guard let next = byte(0) else { throw TemplateError("unclosed action", line: line) }
            switch next {
            case UInt8(ascii: "("), UInt8(ascii: ")"):
                advance(1)
                tokens.append(next == UInt8(ascii: "(") ? .opening : .closing)
                continue
            case UInt8(ascii: "\""): tokens.append(.string(try quoted()))
            case UInt8(ascii: "`"): tokens.append(.string(try raw()))
            case UInt8(ascii: "."):
                advance(1)
                let name = name()
                tokens.append(name.isEmpty ? .dot : .field(name))
            case _ where Self.isNameByte(next) && !Self.isDigit(next): tokens.append(.word(name()))
            default: throw TemplateError("unexpected character in action", line: line)
            }
            guard isAtBorder else { throw TemplateError("unexpected character in action", line: line) }
        }
    }

    /// Whether what follows may stand right behind a name or a string.
    private var isAtBorder: Bool {
        guard let next = byte(0) else { return true }
        return Self.blanks.contains(next) || next == UInt8(ascii: ")") || isAt("}}")
    }

    /// A name of letters, digits and `_` that does not begin with a digit; empty when there is none.
    private mutating func name() -> String {
        let start = place
        if let first = byte(0), Self.isDigit(first) { return "" }
        while let next = byte(0), Self.isNameByte(next) { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }

    private mutating func quoted() throws(TemplateError) -> String {
        advance(1)
        var text: [UInt8] = []
        while let next = byte(0), next != 0x0A {
            advance(1)
            switch next {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escape = byte(0), let meaning = Self.escapes[escape] else {
                    throw TemplateError("unsupported escape in string", line: line)
                }
                advance(1)
                text.append(meaning)
            default: text.append(next)
            }
        }
        throw TemplateError("unterminated quoted string", line: line)
    }

    private mutating func raw() throws(TemplateError) -> String {
        advance(1)
        let start = place
        while let next = byte(0), next != UInt8(ascii: "`") { advance(1) }
        guard byte(0) != nil else { throw TemplateError("unterminated raw quoted string", line: line) }
        defer { advance(1) }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }
}
