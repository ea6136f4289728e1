/// How long clients may take for their answers, and how much of them may wait (reliability ).
struct AnswerBounds: Sendable {
    /// How long one answer may take.
    var timeout = Duration.seconds(60)

    /// What all answers together may take of the memory.
    let budget: AnswerBudget

    /// Bounds of the specified time.
    init(timeout: Duration = .seconds(60), budget: AnswerBudget = AnswerBudget()) {
        (self.timeout, self.budget) = (timeout, budget)
    }
}
