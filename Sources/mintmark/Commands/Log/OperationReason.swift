internal import ArgumentParser

/// What is kept with an operation.
enum OperationReason {
    /// Throws unless it is one line of words of 1 to 1000 octets.
    ///
    /// Control characters, ends of lines and noncharacters are refused: they are no words, and readers of YAML and
    /// terminals do not take them.
    static func validate(_ reason: String) throws {
        let isPrintable = reason.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: !scalar.properties.isNoncharacterCodePoint
            }
        }
        guard isPrintable, reason.contains(where: { $0 != " " }), reason.utf8.count <= 1000 else {
            throw ValidationError("--reason must be a line of 1 to 1000 octets, without control characters")
        }
    }
}
