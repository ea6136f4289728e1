/// Fixed-length unsigned numbers, most significant byte first.
package enum BigEndian {
    /// All the bytes of a number.
    package static func bytes(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        var (bytes, rest) = ([UInt8](), value)
        for _ in 0..<(value.bitWidth / 8) {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
        return bytes.reversed()
    }

    /// The number that eight bytes make; nil for another count.
    package static func uint64(_ bytes: some Collection<UInt8>) -> UInt64? {
        bytes.count == 8 ? bytes.reduce(0) { $0 << 8 | UInt64($1) } : nil
    }
}
