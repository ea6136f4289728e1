import StrictJSON

/// What an `if` of a template asks (CA specification A.3).
indirect enum TemplateCondition: Hashable, Sendable {
    /// Whether a value is not empty.
    case value(TemplateValue)
    /// Whether a value equals one of some others.
    case equal(TemplateValue, [TemplateValue])
    case notEqual(TemplateValue, TemplateValue)
    case not(TemplateCondition)
    case all([TemplateCondition])
    case any([TemplateCondition])

    /// The answer for these values; `all` and `any` evaluate only as far as they must.
    func holds(for values: ClaimValues) throws(CertificateContentRefusal) -> Bool {
        switch self {
        case .value(let value): return try !value.text(from: values).isEmpty
        case .equal(let value, let others):
            let text = try value.text(from: values)
            var isEqual = false
            for other in others where try other.text(from: values).hasSameBytes(as: text) { isEqual = true }
            return isEqual
        case .notEqual(let value, let other):
            return try !value.text(from: values).hasSameBytes(as: other.text(from: values))
        case .not(let condition): return try !condition.holds(for: values)
        case .all(let conditions):
            for condition in conditions where try !condition.holds(for: values) { return false }
            return true
        case .any(let conditions):
            for condition in conditions where try condition.holds(for: values) { return true }
            return false
        }
    }
}
