/// The room on the volume that a log lies on.
package struct VolumeSpace: Hashable, Sendable {
    /// Octets that this process may still write.
    package let freeByteCount: UInt64

    /// The size of the volume in octets.
    package let totalByteCount: UInt64

    /// Octets that must stay free: 1 GiB, or 2 % of a volume on which that would be more.
    package var reserveByteCount: UInt64 { min(1 << 30, totalByteCount / 50) }

    /// Whether the log may be written to.
    package var hasRoom: Bool { freeByteCount >= reserveByteCount }
}
