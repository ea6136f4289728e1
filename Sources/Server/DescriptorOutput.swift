import Glibc

/// Writes octets to open descriptors.
package enum DescriptorOutput {
    /// Writes all octets, however many calls that takes and whichever signals interrupt them (write(2)).
    ///
    /// False when that was not possible; `errno` then has the reason, and some of them may have been written.
    package static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
