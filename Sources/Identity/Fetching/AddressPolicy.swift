/// Which addresses a fetch may connect to (reliability R-35).
struct AddressPolicy: Hashable, Sendable {
    private let allowed: Set<IPAddress.Reach>

    private init(_ allowed: Set<IPAddress.Reach>) {
        self.allowed = allowed
    }

    /// The rule for the issuer's own host, which the operator named.
    ///
    /// Clear text stays on this machine, also when the name `localhost` does not.
    static func issuer(_ issuer: OIDCIssuer) -> AddressPolicy {
        if issuer.isInsecure { return AddressPolicy([.loopback]) }
        return AddressPolicy(
            issuer.allowsPrivateAddresses ? [.global, .privateNetwork, .loopback, .linkLocal] : [.global])
    }

    /// The rule for another host, which only the issuer's document named.
    ///
    /// It may be anywhere on the Internet, and besides only where the issuer itself was found: otherwise a document
    /// could point us at services of our own network.
    static func elsewhere(issuerFoundAt addresses: [IPAddress]) -> AddressPolicy {
        AddressPolicy(
            Set(addresses.map(\.reach)).intersection([.privateNetwork, .loopback, .linkLocal]).union([.global]))
    }

    /// Whether every address may be connected to; one bad address refuses the host.
    func admits(_ addresses: [IPAddress]) -> Bool {
        addresses.allSatisfy { allowed.contains($0.reach) }
    }
}
