/// One name and value of an object.
package struct JSONMember: Hashable, Sendable {
    /// The name after its escapes were resolved; compare its bytes, see `JSONValue.subscript(_:)`.
    package let name: String
    /// The value beside it.
    package let value: JSONValue

    /// A member of these two parts.
    package init(name: String, value: JSONValue) {
        self.name = name
        self.value = value
    }
}
