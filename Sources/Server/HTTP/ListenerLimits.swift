/// The bounds of one connection's requests before anything is known of them (reliability section 3).
enum ListenerLimits {
    /// The longest header field, in octets: a token of 64 KiB fits.
    static let headerFieldSize = 72 * 1024

    /// All header fields of a request, in octets.
    static let headerListSize = 96 * 1024

    /// How many header fields a request may have.
    static let headerFieldCount = 64

    /// How many connections may wait to be accepted (listen(2)); the system may allow fewer.
    static let backlog = 1024

    /// How many connections are accepted in one turn of an event loop.
    static let acceptedAtOnce: UInt = 64
}
