extension StringProtocol {
    /// Whether two texts are the same bytes in UTF-8.
    ///
    /// Every name that decides trust is compared like this (reliability 4.6): `==` on strings compares up to
    /// canonical equivalence, under which different byte strings are equal.
    package func hasSameBytes(as other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}

extension String {
    /// Whether two texts are the same bytes in UTF-8, as for all other texts; this form costs no look at their types.
    package func hasSameBytes(as other: String) -> Bool {
        let (left, right) = (utf8, other.utf8)
        return left.count == right.count && left.elementsEqual(right)
    }
}
