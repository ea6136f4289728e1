@testable import Identity

extension Principal {
    /// The name, when the claims made one.
    var subjectAlternativeName: SubjectAlternativeName? { try? content.get().subjectAlternativeName }

    /// The further extensions; empty when the claims made no content.
    var attributes: [(FulcioExtension, String)] { (try? content.get().attributes) ?? [] }

    /// The value of one further extension.
    func attribute(_ item: FulcioExtension) -> String? { attributes.first { $0.0 == item }?.1 }
}
