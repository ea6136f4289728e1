/// Who submits: the log's own CA has a reserved share of the queue.
package enum SubmissionSource: Hashable, Sendable {
    case ownAuthority
    case stranger
}
