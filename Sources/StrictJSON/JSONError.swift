/// Why bytes from outside are not the JSON we read.
///
/// It names a place and a rule and never a value, so that it may go into an answer or a log line as it is.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule that was broken.
    package enum Reason: String, Hashable, Sendable {
        case tooLarge = "more bytes than allowed"
        case tooManyNodes = "more values than allowed"
        case tooDeep = "nested deeper than allowed"
        case notAnObjectOrArray = "neither an object nor an array"
        case unfinished = "ends too early"
        case trailingBytes = "bytes after the value"
        case invalidSyntax = "invalid syntax"
        case invalidText = "invalid text"
        case nulCharacter = "a NUL character"
        case duplicateName = "a member name that occurs twice"
        case nameTooLong = "a member name longer than allowed"
        case numberOutOfRange = "a number out of range"
        case outOfMemory = "no memory left"
    }

    /// The rule that was broken.
    package let reason: Reason
    /// The number of bytes before the place where reading stopped; 0 when the place is not known.
    package let offset: Int

    /// An error for a rule and the number of bytes before the place where it was broken.
    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// The rule and the place in words, free of any value that was read.
    package var description: String { "JSON: \(reason.rawValue), at byte \(offset)" }
}
