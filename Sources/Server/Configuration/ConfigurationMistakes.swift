/// Everything that is wrong with a configuration, one line a mistake; reported before any port opens.
package struct ConfigurationMistakes: Error, Hashable, Sendable {
    /// One line a mistake.
    package let lines: [String]

    /// One or more mistakes.
    package init(_ lines: [String]) {
        self.lines = lines
    }
}
