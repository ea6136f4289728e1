/// What bytes after the first JSON value mean.
package enum TrailingBytes: Hashable, Sendable {
    /// Anything but JSON white space after the value is an error, as in a token.
    case refused
    /// Whatever follows is neither read nor counted, as in a request body (CA specification 1.4).
    case ignored
}
