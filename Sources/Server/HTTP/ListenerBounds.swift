/// What a listener may have at once (reliability section 3, R-26).
struct ListenerBounds: Sendable {
    /// Connections of this listener alone.
    let connections: Int

    /// Answers that wait for their clients, over all listeners.
    let answers: AnswerBounds

    /// Streams of HTTP/2 over all listeners.
    let streams: StreamShares
}
