/// Strict base64 (RFC 4648): every octet string has exactly one accepted spelling per alphabet and padding.
package enum Base64 {
    private static let standardDigits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlDigits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let standardValues = values(of: standardDigits)
    private static let urlValues = values(of: urlDigits)
    private static let pad = UInt8(ascii: "=")
    private static let none = UInt8.max

    /// The standard alphabet, padded (RFC 4648 §4).
    package static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: encodedBytes(bytes), as: UTF8.self)
    }

    /// The standard alphabet, padded, as octets of text.
    static func encodedBytes(_ bytes: [UInt8]) -> [UInt8] {
        encode(bytes, standardDigits, isPadded: true)
    }

    /// The URL and file name safe alphabet, without padding (RFC 4648 §5, RFC 7515 §2).
    package static func encodeURL(_ bytes: [UInt8]) -> String {
        String(decoding: encode(bytes, urlDigits, isPadded: false), as: UTF8.self)
    }

    /// Decodes the standard alphabet; nil unless padded, without blanks and with zero in the unused bits.
    package static func decodeStandard(_ text: [UInt8]) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        return decode(text[..<withoutPadding(text)], standardValues)
    }

    /// Decodes the URL alphabet; nil for padding, blanks, or unused bits that are not zero.
    package static func decodeURLUnpadded(_ text: [UInt8]) -> [UInt8]? {
        decode(text[...], urlValues)
    }

    /// Decodes either alphabet, padded or not, as the proto3 JSON mapping of `bytes` asks.
    ///
    /// The URL alphabet is assumed when `-` or `_` occurs; nil when the alphabets are mixed, a blank or line break
    /// occurs, or padding is present and incomplete.
    package static func decodeEither(_ text: [UInt8]) -> [UInt8]? {
        let end = withoutPadding(text)
        guard end == text.count || text.count.isMultiple(of: 4) else { return nil }
        let isURL = text.contains(UInt8(ascii: "-")) || text.contains(UInt8(ascii: "_"))
        return decode(text[..<end], isURL ? urlValues : standardValues)
    }

    private static func values(of digits: [UInt8]) -> [UInt8] {
        var table = [UInt8](repeating: none, count: 256)
        for (value, digit) in digits.enumerated() { table[Int(digit)] = UInt8(value) }
        return table
    }

    /// The end of the text before at most two padding characters.
    private static func withoutPadding(_ text: [UInt8]) -> Int {
        var end = text.count
        while end > 0, text.count - end < 2, text[end - 1] == pad { end -= 1 }
        return end
    }

    private static func encode(_ bytes: [UInt8], _ digits: [UInt8], isPadded: Bool) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        let end = bytes.count - bytes.count % 3
        for start in stride(from: 0, to: end, by: 3) {
            let group = UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2])
            text.append(digits[Int(group >> 18)])
            text.append(digits[Int(group >> 12 & 63)])
            text.append(digits[Int(group >> 6 & 63)])
            text.append(digits[Int(group & 63)])
        }
        guard end < bytes.count else { return text }
        let rest = bytes.count - end
        let group = UInt32(bytes[end]) << 16 | (rest == 2 ? UInt32(bytes[end + 1]) << 8 : 0)
        for position in 0...rest { text.append(digits[Int(group >> UInt32(18 - 6 * position) & 63)]) }
        if isPadded { text.append(contentsOf: repeatElement(pad, count: 3 - rest)) }
        return text
    }

    private static func decode(_ text: ArraySlice<UInt8>, _ values: [UInt8]) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for digit in text {
            let value = values[Int(digit)]
            guard value != none else { return nil }
            buffer = (buffer << 6 | UInt32(value)) & 0xFFFF
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
        }
        // A second spelling of the same octets would let one token or key have two byte forms.
        return buffer & ((1 << bits) - 1) == 0 ? bytes : nil
    }
}
