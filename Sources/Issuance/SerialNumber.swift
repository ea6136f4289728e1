internal import OpenSSL

/// Serial numbers of certificates (RFC 5280 §4.1.2.2).
enum SerialNumber {
    /// 20 random octets with the top bit cleared: positive, never zero, 159 random bits.
    static func generate() throws(OpenSSLError) -> [UInt8] {
        while true {
            var octets = try RandomBytes.generate(count: 20)
            octets[0] &= 0x7F
            if octets.contains(where: { $0 != 0 }) { return octets }
        }
    }
}
