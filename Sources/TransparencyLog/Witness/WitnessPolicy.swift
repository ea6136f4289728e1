/// Which witnesses there are, and how many of them make a checkpoint believable (C2SP tlog-policy).
package struct WitnessPolicy: Sendable {
    /// One witness.
    package struct Witness: Sendable {
        /// What the policy calls it.
        package let name: String

        /// Its key.
        package let key: WitnessKey

        /// The prefix of its submission endpoint without a slash at the end; nil when the policy has none.
        package let url: String?

        /// The line of the policy, from 1.
        package let line: Int
    }

    /// A witness or a group, by its position among its kind.
    package enum Member: Hashable, Sendable {
        case witness(Int)
        case group(Int)
    }

    /// Some members, of whom so many have to agree.
    package struct Group: Hashable, Sendable {
        let threshold: Int
        let members: [Member]
    }

    /// The witnesses in the order of the file; their positions name them from here on.
    package let witnesses: [Witness]

    private let groups: [Group]

    /// Who has to agree; nil when nobody has to.
    package let quorum: Member?

    /// A policy from its parts, whose members must be there: only the reader makes one.
    init(witnesses: [Witness], groups: [Group], quorum: Member?) {
        (self.witnesses, self.groups, self.quorum) = (witnesses, groups, quorum)
    }

    /// Whether these witnesses, by position, are enough together.
    package func isQuorum(_ positions: Set<Int>) -> Bool {
        guard let quorum else { return true }
        return agrees(quorum, positions)
    }

    /// Groups refer only to groups before them, so this ends.
    private func agrees(_ member: Member, _ positions: Set<Int>) -> Bool {
        switch member {
        case .witness(let position): return positions.contains(position)
        case .group(let position):
            guard groups.indices.contains(position) else { return false }
            let group = groups[position]
            return group.members.count { agrees($0, positions) } >= group.threshold
        }
    }
}
