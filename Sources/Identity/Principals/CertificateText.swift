/// The rule for text that goes into a certificate or is shown to people (reliability 4.6).
package enum CertificateText {
    /// Whether the text is free of control characters and of marks that reorder what is displayed.
    ///
    /// Refused are C0, DEL, C1, the line and paragraph separators, and the bidirectional marks, embeddings, overrides
    /// and isolates. Every other scalar is accepted; length and meaning are for the caller to check.
    package static func isClean(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { isClean($0) }
    }

    /// Whether the rule accepts this scalar.
    static func isClean(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F: false
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: false
        default: true
        }
    }
}
