import CertificateTransparency
import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

/// One of the four entries of the vectors.
struct VectorEntry {
    let json: JSONValue
    let index: LeafIndex
    let submitted: Certificate
    let extensions: [UInt8]

    init(_ number: Int) throws {
        json = try Vectors.load().array("entries")[number]
        index = try #require(LeafIndex(try json.number("index")))
        submitted = try Certificate(der: try json.base64("submitted_der_b64"))
        extensions = try json.hex("ct_extensions_hex")
    }

    var isPrecertificate: Bool {
        get throws { try json.text("kind") == "precert" }
    }

    /// The entry built from what was submitted; for number 2 from the known stripped bytes, since we refuse its issuer.
    func entry() throws -> LogEntry {
        guard try isPrecertificate else { return .x509Entry(certificate: submitted.der) }
        let stripped =
            index.value == 2
            ? try json.base64("stripped_tbs_der_b64") : try StrippedTBSCertificate(precertificate: submitted).der
        let issuer = try Vectors.certificate("intermediate")
        return .precertEntry(issuerKeyHash: issuer.subjectPublicKeyInfo.sha256, tbsCertificate: stripped)
    }

    func leaf() throws -> MerkleTreeLeaf {
        let timestamp = Timestamp(milliseconds: try json.number("timestamp"))
        return MerkleTreeLeaf(timestamp: timestamp, entry: try entry(), extensions: extensions)
    }

    func tileLeaf() throws -> TileLeaf {
        let precertificate = try isPrecertificate ? submitted.der : nil
        return try #require(
            TileLeaf(
                leaf: try leaf(), precertificate: precertificate, fingerprints: try json.digests("chain_sha256_hex")))
    }

    /// The chain in DER, from the direct issuer up to the root.
    func chain() throws -> [[UInt8]] {
        let names = index.value == 2 ? ["precert_signing_cert"] : []
        return try (names + ["intermediate", "root"]).map { try Vectors.certificate($0).der }
    }
}
