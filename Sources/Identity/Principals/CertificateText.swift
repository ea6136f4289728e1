/// The rules for text that goes from a token into a certificate (reliability 4.6).
enum CertificateText {
    /// Whether the text is free of control characters and of marks that reorder what is displayed.
    static func isClean(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x00...0x1F, 0x7F...0x9F: false
            case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: false
            default: true
            }
        }
    }
}
