internal import COpenSSL

/// A key derivation with scrypt (RFC 7914) whose cost is bounded before anything is computed.
package struct Scrypt: Hashable, Sendable {
    /// The largest N·r·p: four times what Sigstore's tools use, a second or two of one core.
    package static let maximumCost: UInt64 = 1 << 21

    /// The most memory in octets: 256 MiB for the N blocks of what `maximumCost` allows at r = 8, and 1 MiB beside.
    ///
    /// It is what 128·r·(N + p + 2) may reach (RFC 7914 §2), so that a large r with a small N is bounded too.
    package static let maximumMemory: UInt64 = 257 << 20

    private let n: UInt64
    private let r: UInt64
    private let p: UInt64
    private let salt: [UInt8]

    /// Parameters of one derivation; nil unless N is a power of two above 1, r and p are positive, the product of the
    /// three is within `maximumCost`, and the memory is within `maximumMemory`.
    package init?(n: Int64, r: Int64, p: Int64, salt: [UInt8]) {
        guard let n = UInt64(exactly: n), let r = UInt64(exactly: r), let p = UInt64(exactly: p),
            n > 1, n & (n - 1) == 0, r > 0, p > 0
        else { return nil }
        let (blocks, isTooMany) = n.multipliedReportingOverflow(by: r)
        let (cost, isTooMuch) = blocks.multipliedReportingOverflow(by: p)
        guard !isTooMany, !isTooMuch, cost <= Self.maximumCost else { return nil }
        // No factor is above `maximumCost` now, so that this cannot overflow.
        guard 128 * r * (n + p + 2) <= Self.maximumMemory else { return nil }
        (self.n, self.r, self.p, self.salt) = (n, r, p, salt)
    }

    /// `count` octets from a passphrase; nil is the empty one.
    func key(passphrase: Passphrase?, count: Int) throws(OpenSSLError) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: count)
        func derive(_ bytes: UnsafeRawBufferPointer) -> Int32 {
            unsafe EVP_PBE_scrypt(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, salt, salt.count, n, r, p,
                Self.maximumMemory, &key, key.count)
        }
        let result: Int32
        if let passphrase {
            unsafe result = passphrase.withUnsafeBytes { unsafe derive($0) }
        } else {
            unsafe result = derive(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        try check(result, "EVP_PBE_scrypt")
        return key
    }
}
