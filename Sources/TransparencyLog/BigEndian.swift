/// Fixed-length unsigned numbers, most significant byte first.
package enum BigEndian {
    /// All the bytes of a number.
    package static func bytes(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        var bytes: [UInt8] = []
        append(UInt64(value), byteCount: value.bitWidth / 8, to: &bytes)
        return bytes
    }

    /// Appends the last `byteCount` bytes of a number, at most eight, without an array of their own.
    package static func append(_ value: UInt64, byteCount: Int, to bytes: inout [UInt8]) {
        for position in (0..<byteCount).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * position)))
        }
    }

    /// The number that eight bytes make; nil for another count.
    package static func uint64(_ bytes: some Collection<UInt8>) -> UInt64? {
        bytes.count == 8 ? bytes.reduce(0) { $0 << 8 | UInt64($1) } : nil
    }
}
