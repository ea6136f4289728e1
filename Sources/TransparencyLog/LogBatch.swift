package import OpenSSL

/// All that one commit writes.
package struct LogBatch: Sendable {
    /// An entry with the key that finds its duplicates.
    package struct Entry: Hashable, Sendable {
        /// What is stored.
        package let stored: StoredEntry
        /// H(identity) of the submission.
        package let key: SHA256Digest

        /// An entry with its key.
        package init(stored: StoredEntry, key: SHA256Digest) {
            self.stored = stored
            self.key = key
        }
    }

    /// The state that the batch was built on.
    package let base: LogState

    /// The state after it.
    package let next: LogState

    /// The checkpoint of the new head.
    package let note: [UInt8]

    /// The new entries, from position `base.signedTreeHead.head.size` on.
    package let entries: [Entry]

    /// The tiles that became full or, above level 0, grew.
    package let tiles: [TreeEdge.ChangedTile]

    /// What the entries refer to; most of it is there already.
    package let attachments: [SHA256Digest: [UInt8]]

    /// What witnesses have said about earlier heads.
    package let cosignatures: [KeptCosignature]

    /// The size of the head that will be shown because of them, while heads need a quorum; nil when none will be.
    package let shown: TreeSize?

    /// A batch from its parts, which must fit together: the store compares only the head.
    package init(
        base: LogState, next: LogState, note: [UInt8], entries: [Entry], tiles: [TreeEdge.ChangedTile],
        attachments: [SHA256Digest: [UInt8]], cosignatures: [KeptCosignature] = [],
        shown: TreeSize? = nil
    ) {
        self.base = base
        self.next = next
        self.note = note
        self.entries = entries
        self.tiles = tiles
        self.attachments = attachments
        self.cosignatures = cosignatures
        self.shown = shown
    }
}
