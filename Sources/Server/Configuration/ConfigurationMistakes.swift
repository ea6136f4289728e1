/// Everything that is wrong with a configuration, one line a mistake; reported before any port opens.
package struct ConfigurationMistakes: Error, Hashable, Sendable {
    /// One line a mistake.
    package let lines: [String]

    /// One or more mistakes.
    package init(_ lines: [String]) {
        self.lines = lines
    }

    /// Runs one step and adds what it throws to the mistakes; nil when it threw.
    static func attempt<Value>(_ mistakes: inout [String], _ body: () throws -> Value) -> Value? {
        do {
            return try body()
        } catch let error as ConfigurationMistakes {
            mistakes += error.lines
        } catch {
            mistakes.append("\(error)")
        }
        return nil
    }
}
