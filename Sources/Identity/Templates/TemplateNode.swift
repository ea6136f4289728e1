/// A piece of a parsed template (CA specification A.3).
enum TemplateNode: Hashable, Sendable {
    /// What stands behind `if` or `else if`, up to the next `else` or `end`.
    struct Branch: Hashable, Sendable {
        let condition: TemplateCondition
        let nodes: [TemplateNode]
    }

    /// Text that is copied.
    case text(String)
    /// A value that is written out.
    case value(TemplateValue)
    /// The first branch whose condition holds, else the other nodes.
    indirect case conditional([Branch], otherwise: [TemplateNode])
}
