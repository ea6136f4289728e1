package import CertificateTransparency
package import TransparencyLog

/// A shard of the own log as it lies in a data directory.
package struct CheckedShard: Sendable {
    /// What it was created with: name, window and key.
    package let parameters: LogParameters

    /// The state that it was left in; `starting` stands for any that does not outlive a process.
    package let condition: LogCondition

    /// How many entries its newest head has.
    package let size: UInt64
}
