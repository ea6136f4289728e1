/// The committed end of the log.
package struct LogState: Hashable, Sendable {
    /// How many batches were committed before; the head of batch e + 1 replaces that of batch e.
    package let epoch: UInt64

    /// The head.
    package let signedTreeHead: SignedTreeHead

    /// The peaks of its tree.
    package let peaks: Peaks

    /// The tiles at its right edge.
    package let edge: TreeEdge

    /// A state from its parts, which must describe one tree.
    package init(epoch: UInt64, signedTreeHead: SignedTreeHead, peaks: Peaks, edge: TreeEdge) {
        self.epoch = epoch
        self.signedTreeHead = signedTreeHead
        self.peaks = peaks
        self.edge = edge
    }
}
