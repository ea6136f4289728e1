package import OpenSSL

/// A cosignature as the store keeps it (transparency-log 3.4, table `cosig`).
package struct KeptCosignature: Hashable, Sendable {
    /// The size of the head that it is about.
    package let size: TreeSize

    /// The cosignature; verified before it is kept, and again after it was read.
    package let cosignature: Cosignature

    /// A cosignature of the head of this size.
    package init(size: TreeSize, cosignature: Cosignature) {
        (self.size, self.cosignature) = (size, cosignature)
    }
}

/// A cosignature on its way into the store and from there to whoever reads checkpoints.
struct ReceivedCosignature: Sendable {
    /// The position of the witness in the policy.
    let witness: Int

    /// The committed head that it was asked for.
    let checkpoint: Checkpoint

    let cosignature: Cosignature

    var kept: KeptCosignature { KeptCosignature(size: checkpoint.text.size, cosignature: cosignature) }
}

/// What a witness said that stopped the log, for whoever has to find out what happened (transparency-log 3.7.3).
package struct WitnessEvidence: Hashable, Sendable {
    /// When it was said.
    package let timestamp: Timestamp

    /// The witness, as the policy calls it.
    package let witness: String

    /// The status of its answer.
    package let status: UInt

    /// The beginning of the body of its answer.
    package let answer: [UInt8]

    /// The checkpoint that the request began from, as far as there is one of this size.
    package let old: [UInt8]

    /// The checkpoint that the request was about.
    package let new: [UInt8]
}
