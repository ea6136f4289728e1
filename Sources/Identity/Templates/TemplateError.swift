/// Why a template is outside the language of CA specification A.3.
package struct TemplateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The mistake and its line, in the form `template: :1: unclosed action`.
    package let description: String

    init(_ fault: String, line: Int) {
        description = "template: :\(line): \(fault)"
    }
}
