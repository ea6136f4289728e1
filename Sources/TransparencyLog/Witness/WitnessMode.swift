/// What it means for the log when witnesses do not cosign (transparency-log 3.7.5).
package enum WitnessMode: String, CaseIterable, Sendable {
    /// Heads are shown at once, and cosignatures beside them when they come.
    case failOpen = "fail-open"
    /// No head is shown, and nothing that it covers leaves, before the policy's quorum has cosigned it.
    case required
}
