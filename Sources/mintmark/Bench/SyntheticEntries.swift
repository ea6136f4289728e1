internal import CertificateTransparency
internal import OpenSSL
internal import TransparencyLog

/// Entries like one that a CA has made, each with another serial number.
///
/// The signature of their precertificates is the first one's and verifies no more: nothing below admission looks at it.
struct SyntheticEntries: Sendable {
    private let issuerKeyHash: SHA256Digest
    private let tbsCertificate: [UInt8]
    private let precertificate: [UInt8]
    private let chain: [[UInt8]]
    /// Where the last eight octets of the serial number begin in each.
    private let places: (tbs: Int, precertificate: Int)

    /// The first entry of a page is no precertificate that others can be made of.
    struct UnusableTemplate: Error, CustomStringConvertible {
        var description: String { "the first entry of the log is no precertificate that others can be made of" }
    }

    /// Entries like the first one of a page.
    init(like page: LogReader.Page) throws {
        guard let stored = page.entries.first else { throw UnusableTemplate() }
        let record = try TileLeaf(parsing: stored.record)
        guard case .precertEntry(let issuerKeyHash, let tbs) = record.leaf.entry,
            let precertificate = record.precertificate
        else { throw UnusableTemplate() }
        let serial = try Certificate(der: precertificate).serialNumber
        guard serial.count > 8, let tbsPlace = Self.place(of: serial, in: tbs),
            let place = Self.place(of: serial, in: precertificate)
        else { throw UnusableTemplate() }
        (self.issuerKeyHash, tbsCertificate, self.precertificate) = (issuerKeyHash, tbs, precertificate)
        chain = record.fingerprints.compactMap { page.attachments[$0] }
        places = (tbsPlace + serial.count - 8, place + serial.count - 8)
    }

    /// The entry of a number, equal to every other one of that number.
    func submission(_ number: UInt64) throws -> Submission {
        var (tbs, certificate) = (tbsCertificate, precertificate)
        for (offset, octet) in (0..<8).map({ ($0, UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0))) }) {
            tbs[places.tbs + offset] = octet
            certificate[places.precertificate + offset] = octet
        }
        return try Submission(
            ChainAdmission.Admitted(
                entry: .precertEntry(issuerKeyHash: issuerKeyHash, tbsCertificate: tbs), precertificate: certificate,
                chain: chain))
    }

    /// Where some octets first stand in others.
    private static func place(of needle: [UInt8], in octets: [UInt8]) -> Int? {
        guard needle.count <= octets.count else { return nil }
        return (0...(octets.count - needle.count)).first { octets[$0..<($0 + needle.count)].elementsEqual(needle) }
    }
}
