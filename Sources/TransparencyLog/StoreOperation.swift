package import OpenSSL

/// What an operator did to a log, as the store remembers it (transparency-log 3.5).
package struct StoreOperation: Hashable, Sendable {
    /// The kinds of operation.
    package enum Kind: String, CaseIterable, Sendable {
        /// The log was made to follow an older shard.
        case create
        /// Nothing is written any more until another operation.
        case freeze
        /// A frozen log whose store and guard were found sound writes again.
        case thaw
        /// This store is the log from now on, whatever guard and lock file said; the operator answers for it.
        case adopt
        /// Nothing is written any more, for good.
        case close
        /// A trust anchor is accepted from now on; the reason begins with its digest.
        case acceptRoot = "accept-root"
        /// A trust anchor is accepted no more; the reason begins with its digest.
        case removeRoot = "remove-root"
    }

    /// Its position among the operations of the log, from 1.
    package let sequence: UInt64
    /// When it was done.
    package let timestamp: Timestamp
    /// What was done.
    package let kind: Kind
    /// Who did it, as the operating system names them.
    package let actor: String
    /// Why.
    package let reason: String
    /// The size of the tree at the time.
    package let size: UInt64
    /// The root at the time.
    package let root: SHA256Digest
}
