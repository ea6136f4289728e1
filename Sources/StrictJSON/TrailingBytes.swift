/// What bytes after the first JSON value mean.
package enum TrailingBytes: Hashable, Sendable {
    /// Anything but JSON white space after the value is an error, as in a token.
    case refused
    /// Whatever follows is not looked at and need not be text, as in a request body (CA specification 1.4).
    ///
    /// It does not count towards `JSONLimits`; the limit on the whole body is for whoever receives it.
    case ignored
}
