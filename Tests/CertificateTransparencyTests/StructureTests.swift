import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@testable import CertificateTransparency

@Suite struct StructureTests {
    @Test func `TL-25 the log ID is the digest of the key`() throws {
        let vectors = try Vectors.load().object("log_key")
        let logID = try Vectors.logKey().subjectPublicKeyInfo.sha256
        #expect(logID == (try vectors.digest("log_id_hex")))
        #expect(Base64.encode(logID.bytes) == (try vectors.text("log_id_b64")))
    }

    @Test("TL-26 every structure of every entry is made byte for byte", arguments: 0..<4)
    func entries(number: Int) throws {
        let vector = try VectorEntry(number)
        let leaf = try vector.leaf()
        if let stripped = vector.json["stripped_tbs_der_b64"]?.string {
            guard case .precertEntry(let issuerKeyHash, let tbsCertificate) = leaf.entry else {
                return #expect(Bool(false), "not a precertificate entry")
            }
            #expect(Base64.encode(tbsCertificate) == stripped)
            #expect(issuerKeyHash == (try Vectors.load().object("chain").digest("issuer_key_hash_hex")))
        }
        #expect(try leaf.encoded() == (try vector.json.hex("merkle_tree_leaf_hex")))
        #expect(try leaf.hash() == (try vector.json.digest("leaf_hash_hex")))
        #expect(SHA256Digest(hashing: try leaf.entry.encoded()) == (try vector.json.digest("dedup_key_hex")))
        let tileLeaf = try vector.tileLeaf()
        #expect(try tileLeaf.encoded() == (try vector.json.hex("tile_leaf_hex")))
        let extraData = try ExtraData.encoded(precertificate: tileLeaf.precertificate, chain: try vector.chain())
        #expect(extraData == (try vector.json.base64("extra_data_b64")))
    }

    @Test("TL-26 every structure of every entry reads back", arguments: 0..<4)
    func readingBack(number: Int) throws {
        let vector = try VectorEntry(number)
        let record = try vector.json.hex("tile_leaf_hex")
        #expect(try TileLeaf(parsing: record) == (try vector.tileLeaf()))
        #expect(try MerkleTreeLeaf(parsing: try vector.json.hex("merkle_tree_leaf_hex")) == (try vector.leaf()))
        let parsed = try RecordFormat.certificateTransparency.parse(record)
        #expect(parsed.index == vector.index)
        #expect(parsed.leafInput == (try vector.json.hex("merkle_tree_leaf_hex")))
        #expect(SHA256Digest(hashing: parsed.identity) == (try vector.json.digest("dedup_key_hex")))
        #expect(parsed.attachments == (try vector.json.digests("chain_sha256_hex")))
    }

    @Test("no record that is cut short or too long is read (R-22)", arguments: 0..<4)
    func cutRecords(number: Int) throws {
        let vector = try VectorEntry(number)
        let record = try vector.json.hex("tile_leaf_hex")
        for count in record.indices {
            #expect(throws: TLSDecodingError.self) { try TileLeaf(parsing: Array(record.prefix(count))) }
        }
        #expect(throws: TLSDecodingError.trailingBytes) { try TileLeaf(parsing: record + [0]) }
        let leaf = try vector.json.hex("merkle_tree_leaf_hex")
        #expect(throws: TLSDecodingError.trailingBytes) { try MerkleTreeLeaf(parsing: leaf + [0]) }
        #expect(throws: TLSDecodingError.self) { try MerkleTreeLeaf(parsing: [1] + leaf.dropFirst()) }
        #expect(throws: TLSDecodingError.self) { try MerkleTreeLeaf(parsing: Array(leaf.dropLast())) }
    }

    @Test("TL-26 the timestamps verify and are encoded byte for byte", arguments: 0..<4)
    func timestamps(number: Int) throws {
        let vector = try VectorEntry(number)
        let encoded = try vector.json.hex("sct_tls_hex")
        let timestamp = try SignedCertificateTimestamp(parsing: encoded)
        #expect(try timestamp.encoded() == encoded)
        #expect(timestamp.leafIndex == vector.index)
        #expect(timestamp.isValid(for: try vector.leaf(), key: try Vectors.logKey()))
        let answer = try vector.json.object("add_chain_response")
        #expect(timestamp.logID.bytes == (try answer.base64("id")))
        #expect(timestamp.timestamp.milliseconds == (try answer.number("timestamp")))
        #expect(timestamp.extensions == (try answer.base64("extensions")))
        #expect(timestamp.signature.encoded == (try answer.base64("signature")))
        for count in encoded.indices {
            #expect(throws: TLSDecodingError.self) {
                try SignedCertificateTimestamp(parsing: Array(encoded.prefix(count)))
            }
        }
        #expect(throws: TLSDecodingError.self) { try SignedCertificateTimestamp(parsing: encoded + [0]) }
    }

    @Test("a timestamp does not verify for another entry, time, index or key", arguments: 0..<4)
    func otherLeaves(number: Int) throws {
        let vector = try VectorEntry(number)
        let (leaf, key) = (try vector.leaf(), try Vectors.logKey())
        let timestamp = try SignedCertificateTimestamp(parsing: try vector.json.hex("sct_tls_hex"))
        let other = try VectorEntry((number + 1) % 4).leaf()
        #expect(!timestamp.isValid(for: other, key: key))
        let later = MerkleTreeLeaf(
            timestamp: leaf.timestamp.adding(milliseconds: 1), entry: leaf.entry, extensions: leaf.extensions)
        #expect(!timestamp.isValid(for: later, key: key))
        let elsewhere = MerkleTreeLeaf(
            timestamp: leaf.timestamp, entry: leaf.entry,
            extensions: LeafIndexExtension.encoded(try #require(LeafIndex(77))))
        #expect(!timestamp.isValid(for: elsewhere, key: key))
        #expect(!timestamp.isValid(for: leaf, key: try PrivateKey.generate(.ellipticCurve(.p256)).publicKey))
        var bytes = try vector.json.hex("sct_tls_hex")
        bytes[bytes.count - 1] ^= 1
        let altered = try SignedCertificateTimestamp(parsing: bytes)
        #expect(!altered.isValid(for: leaf, key: key))
    }

    @Test func `TL-17 the data tile has the known bytes and reads back to all four entries`() throws {
        let tree = try Vectors.load().object("tree")
        let entries = try (0..<4).map { try VectorEntry($0).tileLeaf() }
        let bytes = try entries.flatMap { try $0.encoded() }
        #expect(bytes.count == Int(try tree.number("data_partial_tile_bytes")))
        #expect(SHA256Digest(hashing: bytes) == (try tree.digest("data_partial_tile_sha256_hex")))
        #expect(try TileLeaf.records(inDataTile: bytes) == entries)
        #expect(throws: TLSDecodingError.self) { try TileLeaf.records(inDataTile: Array(bytes.dropLast())) }
        var edge = TreeEdge()
        _ = try edge.append(try entries.map { try $0.leaf.hash() })
        #expect(edge.tile(level: 0, index: 0) == (try tree.hex("level0_partial_tile_hex")))
        #expect(edge.root == (try tree.digests("roots_hex_by_size")[4]))
    }

    @Test func `TL-28 the final certificates come down to the stripped precertificates`() throws {
        let issuer = try Vectors.certificate("intermediate")
        for number in [0, 2] {
            let final = try Vectors.load().object("final_certificate_for_entry_\(number)")
            let certificate = try Certificate(der: try final.base64("der_b64"))
            let vector = try VectorEntry(number)
            let stripped = try StrippedTBSCertificate(finalCertificate: certificate)
            #expect(stripped.der == (try vector.json.base64("stripped_tbs_der_b64")))
            let value = try #require(certificate.firstExtension(.signedCertificateTimestampList)?.value)
            let list = try SignedCertificateTimestampList(extensionValue: value)
            let timestamp = try #require(list.timestamps.first)
            #expect(list.timestamps.count == 1)
            #expect(try timestamp.encoded() == (try vector.json.hex("sct_tls_hex")))
            let leaf = try timestamp.leaf(finalCertificate: certificate, issuer: issuer)
            #expect(leaf == (try vector.leaf()))
            #expect(timestamp.isValid(for: leaf, key: try Vectors.logKey()))
            let written = try list.certificateExtension()
            #expect(written.value == value)
            #expect(!written.isCritical)
            if let known = final["sct_list_extension_value_hex"]?.string { #expect(value.hexadecimal == known) }
        }
    }

    @Test func `TL-28 a list with one layer of OCTET STRING, without timestamps or with a tail is refused`() throws {
        let final = try Vectors.load().object("final_certificate_for_entry_0")
        let value = try final.hex("sct_list_extension_value_hex")
        var reader = DERReader(value)
        let inner = try reader.content(tag: DERTag.octetString)
        for wrong in [
            inner, [], value + [0], DERWriter.octetString([]), DERWriter.octetString([0, 0]),
            DERWriter.octetString(inner + [0]), DERWriter.octetString(Array(inner.dropLast())),
            DERWriter.octetString([0, 2, 0, 0]),
        ] {
            #expect(throws: TLSDecodingError.self) { try SignedCertificateTimestampList(extensionValue: wrong) }
        }
        #expect(SignedCertificateTimestampList([]) == nil)
    }

    @Test func `TL-31 positions are encoded as known and read back`() throws {
        for vector in try Vectors.load().array("leaf_index_encodings") {
            let index = try #require(LeafIndex(try vector.number("index")))
            let encoded = LeafIndexExtension.encoded(index)
            #expect(encoded == (try vector.hex("ct_extensions_hex")))
            #expect(Base64.encode(encoded) == (try vector.text("b64")))
            #expect(try LeafIndexExtension.index(in: encoded) == index)
        }
        #expect(LeafIndex(1 << 40) == nil)
    }

    @Test func `TL-31 unknown extensions are read over, doubles and tails refused`() throws {
        let index = LeafIndexExtension.encoded(try #require(LeafIndex(7)))
        #expect(try LeafIndexExtension.index(in: []) == nil)
        #expect(try LeafIndexExtension.index(in: [9, 0, 0]) == nil)
        #expect(try LeafIndexExtension.index(in: [9, 0, 2, 1, 2] + index)?.value == 7)
        #expect(try LeafIndexExtension.index(in: index + [9, 0, 1, 5])?.value == 7)
        for wrong in [
            index + index, index + [0], Array(index.dropLast()), [0, 0, 4, 1, 2, 3, 4], [0, 0, 6, 1, 2, 3, 4, 5, 6],
            [9, 0, 0, 9, 0, 0], [9, 0, 1],
        ] {
            #expect(throws: TLSDecodingError.self, "\(wrong)") { try LeafIndexExtension.index(in: wrong) }
        }
    }

    @Test func `a precertificate stands beside its entry and beside nothing else`() throws {
        let (precertificate, certificate) = (try VectorEntry(0), try VectorEntry(1))
        #expect(TileLeaf(leaf: try precertificate.leaf(), precertificate: nil, fingerprints: []) == nil)
        #expect(TileLeaf(leaf: try certificate.leaf(), precertificate: [1], fingerprints: []) == nil)
    }

    @Test func `a vector that is too long for its length is refused`() throws {
        var writer = TLSWriter()
        #expect(throws: TLSEncodingError.tooLong) {
            try writer.append([UInt8](repeating: 0, count: 1 << 16), length: .bits16)
        }
        try writer.append([UInt8](repeating: 0, count: (1 << 16) - 1), length: .bits16)
        #expect(writer.bytes.count == 2 + (1 << 16) - 1)
        #expect(throws: TLSEncodingError.tooLong) {
            try writer.append([UInt8](repeating: 0, count: 1 << 24), length: .bits24)
        }
    }

    @Test func `TL-21 get-sth and checkpoint turn into each other without the private key`() throws {
        let vectors = try Vectors.load()
        let (key, origin) = (try Vectors.logKey(), try #require(Origin(try vectors.text("origin"))))
        for vector in try vectors.array("signed_tree_heads") {
            let answer = try vector.object("get_sth_json")
            let head = try #require(SignedTreeHead(json: answer))
            #expect(head.isValid(key: key))
            let names = ["tree_size", "timestamp", "sha256_root_hash", "tree_head_signature"]
            let written = JSONValue.object(try names.map { JSONMember(name: $0, value: try answer.object($0)) })
            #expect(head.json == written)
            let note = Checkpoint(origin: origin, signedTreeHead: head).note(logID: key.subjectPublicKeyInfo.sha256)
            #expect(note.bytes == Array(try vector.text("checkpoint_note").utf8))
            let back = try Checkpoint(parsing: note.bytes, origin: origin, key: key)
            #expect(back.signedTreeHead == head)
        }
        #expect(SignedTreeHead(json: ["tree_size": 1]) == nil)
    }
}

extension TileLeaf {
    /// The records of a data tile, which follow each other without separators.
    fileprivate static func records(inDataTile bytes: [UInt8]) throws(TLSDecodingError) -> [TileLeaf] {
        var reader = TLSReader(bytes)
        var records: [TileLeaf] = []
        while !reader.isAtEnd { records.append(try TileLeaf(reading: &reader)) }
        return records
    }
}
