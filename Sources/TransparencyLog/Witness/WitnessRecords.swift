/// Where a log keeps what concerns witnesses.
package protocol WitnessRecords: Sendable {
    /// Writes cosignatures outside a batch; each replaces an older one of the same witness and size.
    ///
    /// `shown` is the size of the head that will be shown because of them; nil when none will be. Called by whoever
    /// commits, between batches.
    func commit(_ cosignatures: [KeptCosignature], shown: TreeSize?) async throws(CommitFailure)

    /// The cosignatures of the largest cosigned heads, at most 64 of them, whose sizes lie between these two.
    func cosignatures(from first: TreeSize, through last: TreeSize) async throws -> [KeptCosignature]

    /// The size that a key with this name and ID has last cosigned; nil when it never did.
    func lastCosignedSize(name: String, keyID: [UInt8]) async throws -> TreeSize?

    /// The newest checkpoint of this size; nil when no head of that size was signed.
    func note(ofSize size: TreeSize) async throws -> [UInt8]?

    /// The size of the newest head that was shown since heads need a quorum; nil when they need none.
    func withheldSize() async throws -> TreeSize?

    /// The same size, which is the committed one when nothing was noted yet.
    ///
    /// With `nil` forgets it, because heads are shown without a quorum again.
    func noteWithholding(from committed: TreeSize?) async throws -> TreeSize?

    /// Remembers that a head of this size is shown, if heads need a quorum.
    func noteShown(_ size: TreeSize) async throws

    /// Keeps what a witness said, also when the log is frozen; throws when it cannot be kept.
    func keep(_ evidence: WitnessEvidence) async throws
}
