extension StringProtocol {
    /// Whether two texts are the same bytes in UTF-8.
    ///
    /// Every name that decides trust is compared like this (reliability 4.6): `==` on strings compares up to
    /// canonical equivalence, under which different byte strings are equal.
    package func hasSameBytes(as other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}
