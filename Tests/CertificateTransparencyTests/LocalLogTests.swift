import CertificateTransparency
import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@Suite struct LocalLogTests {
    @Test func `a precertificate comes back with a timestamp that its final certificate carries and proves`()
        async throws
    {
        let test = try TestLog()
        try await test.create()
        try await test.run { log in
            let timestamp = try await test.submit(7, to: log)
            let final = try test.authority.finalCertificate(timestamp)
            #expect(timestamp.logID == test.parameters.logID)
            #expect(timestamp.leafIndex?.value == 0)
            try log.verify(timestamp, finalCertificate: final, issuer: test.authority.issuing)
            // And as a stranger does it, from what is public.
            let leaf = try timestamp.leaf(finalCertificate: final, issuer: test.authority.issuing)
            #expect(timestamp.isValid(for: leaf, key: test.key.publicKey))
            let checkpoint = try Checkpoint(
                parsing: MonitoringAnswers(log).checkpoint, origin: test.parameters.origin, key: test.key.publicKey)
            let head = checkpoint.signedTreeHead.head
            #expect(head.timestamp >= timestamp.timestamp)
            let (index, proof) = try await log.reader.inclusionProof(ofLeafHash: try leaf.hash(), in: head.size)
            #expect(proof.isValid(for: try leaf.hash(), at: index, in: head.size, root: head.root))
        }
    }

    @Test func `TL-54 the same precertificate with another signature is the same entry`() async throws {
        let test = try TestLog()
        try await test.create()
        try await test.run { log in
            let (first, second) = (try test.authority.precertificate(), try test.authority.precertificate())
            #expect(first.der != second.der)
            let one = try await log.submit(precertificate: first, chain: test.authority.chain)
            let two = try await log.submit(precertificate: second, chain: [test.authority.issuing])
            #expect(one.timestamp == two.timestamp)
            #expect(one.extensions == two.extensions)
            #expect(log.reader.checkpoint.signedTreeHead.head.size.value == 1)
            let page = try await log.reader.page(from: 0, through: 0)
            let record = try TileLeaf(parsing: try #require(page.entries.first).record)
            #expect(record.precertificate == first.der)
        }
    }

    @Test func `TL-53 the same precertificate after a restart gets the same time and index`() async throws {
        let test = try TestLog()
        try await test.create()
        let first = try await test.run { try await test.submit(1, to: $0) }
        try await test.run { log in
            _ = try await test.submit(2, to: log)
            let again = try await test.submit(1, to: log)
            #expect(again.timestamp == first.timestamp)
            #expect(again.extensions == first.extensions)
        }
    }

    @Test func `TL-55 a precertificate and its final certificate have two keys, so they are two entries`() async throws
    {
        let test = try TestLog()
        try await test.create()
        let timestamp = try await test.run { try await test.submit(7, to: $0) }
        let final = try test.authority.finalCertificate(timestamp)
        let stripped = try StrippedTBSCertificate(finalCertificate: final)
        let precertEntry = LogEntry.precertEntry(
            issuerKeyHash: test.authority.issuing.subjectPublicKeyInfo.sha256, tbsCertificate: stripped.der)
        #expect(try LogEntry.x509Entry(certificate: final.der).encoded() != (try precertEntry.encoded()))
    }

    @Test func `a refused precertificate leaves the log as it is`() async throws {
        let test = try TestLog()
        try await test.create()
        try await test.run { log in
            let unpoisoned = try test.authority.leaf([])
            await #expect(throws: LogRefusal.notAPrecertificate) {
                try await log.submit(precertificate: unpoisoned, chain: test.authority.chain)
            }
            #expect(log.reader.checkpoint.signedTreeHead.head.size == .zero)
            _ = try await test.submit(1, to: log)
        }
    }

    @Test func `TL-51 a final certificate that differs from its precertificate does not pass`() async throws {
        let test = try TestLog()
        try await test.create()
        try await test.run { log in
            let timestamp = try await test.submit(7, to: log)
            let other = try await test.submit(8, to: log)
            let issuer = test.authority.issuing
            func mismatch(_ certificate: Certificate, _ timestamp: SignedCertificateTimestamp)
                -> IssuedCertificateMismatch?
            {
                do throws(IssuedCertificateMismatch) {
                    try log.verify(timestamp, finalCertificate: certificate, issuer: issuer)
                    return nil
                } catch {
                    return error
                }
            }
            let final = try test.authority.finalCertificate(timestamp)
            #expect(mismatch(final, timestamp) == nil)
            #expect(mismatch(final, other) == .timestampNotEmbedded)
            #expect(mismatch(try test.authority.leaf([]), timestamp) == .timestampNotEmbedded)
            let wrongSerial = try test.authority.finalCertificate(timestamp, serialNumber: 9)
            #expect(mismatch(wrongSerial, timestamp) == .signatureDoesNotVerify)
            let wrongTimestamp = try test.authority.finalCertificate(other)
            #expect(mismatch(wrongTimestamp, other) == .signatureDoesNotVerify)
            let foreign = SignedCertificateTimestamp(
                logID: MerkleTree.emptyRoot, timestamp: timestamp.timestamp, extensions: timestamp.extensions,
                signature: timestamp.signature)
            #expect(mismatch(try test.authority.finalCertificate(foreign), foreign) == .otherLog)
            let beyond = SignedCertificateTimestamp(
                logID: timestamp.logID, timestamp: timestamp.timestamp,
                extensions: LeafIndexExtension.encoded(try #require(LeafIndex(2))), signature: timestamp.signature)
            #expect(mismatch(try test.authority.finalCertificate(beyond), beyond) == .noLeafIndex)
            let list = try #require(SignedCertificateTimestampList([timestamp, timestamp]))
            let twice = try test.authority.leaf([try list.certificateExtension()])
            #expect(mismatch(twice, timestamp) == .timestampNotEmbedded)
        }
    }

    @Test func `TL-66 the log does not open with another window or shard`() async throws {
        let test = try TestLog()
        try await test.create()
        let stored = test.parameters
        let later = stored.window.lowerBound..<stored.window.upperBound.adding(milliseconds: 1000)
        for parameters in [
            LogParameters(origin: stored.origin, shard: "2026b", key: stored.key, window: stored.window),
            LogParameters(origin: stored.origin, shard: stored.shard, key: stored.key, window: later),
        ] {
            await #expect(throws: StoreRefusal.self) { try await test.open(parameters: parameters) }
        }
        try await test.run { #expect($0.roots == [test.authority.root]) }
    }

    @Test func `the CA's root must be accepted, and a log without roots is not created`() async throws {
        let test = try TestLog()
        await #expect(throws: LogFailure.self) {
            try await LocalLog.create(
                at: test.path, parameters: test.parameters, key: test.key, roots: [], now: .now())
        }
        try await test.create()
        let other = try TestAuthority().root
        await #expect(throws: LogFailure.self) { try await test.open(requiring: [other]) }
        // The refusal gave the store back.
        try await test.run { _ = try await test.submit(1, to: $0) }
    }

    @Test func `the answers to monitors agree with each other and with the tree`() async throws {
        let test = try TestLog()
        try await test.create()
        try await test.run { log in
            for serialNumber in 1...5 { _ = try await test.submit(serialNumber, to: log) }
            let answers = MonitoringAnswers(log)
            let head = try #require(SignedTreeHead(json: answers.signedTreeHead))
            #expect(head.isValid(key: test.key.publicKey))
            #expect(head.head.size.value == 5)
            #expect(
                answers.acceptedRoots["certificates"]?.elements == [.string(Base64.encode(test.authority.root.der))])
            let entries = try #require(try await answers.entries(from: 0, through: 99)["entries"]?.elements)
            #expect(entries.count == 5)
            var leafHashes: [SHA256Digest] = []
            for entry in entries {
                let leaf = try MerkleTreeLeaf(parsing: try entry.base64("leaf_input"))
                leafHashes.append(try leaf.hash())
                var extra = TLSReader(try entry.base64("extra_data"))
                let precertificate = try Certificate(der: try extra.vector(length: .bits24))
                var chain = TLSReader(try extra.vector(length: .bits24))
                try extra.requireEnd()
                #expect(try chain.vector(length: .bits24) == test.authority.issuing.der)
                #expect(try chain.vector(length: .bits24) == test.authority.root.der)
                try chain.requireEnd()
                guard case .precertEntry(_, let tbsCertificate) = leaf.entry else {
                    return #expect(Bool(false), "not a precertificate entry")
                }
                #expect(try StrippedTBSCertificate(precertificate: precertificate).der == tbsCertificate)
            }
            #expect(MerkleTree.root(ofLeafHashes: leafHashes) == head.head.root)
            for (position, hash) in leafHashes.enumerated() {
                let answer = try await answers.inclusionProof(ofLeafHash: hash, treeSize: 5)
                #expect(try answer.number("leaf_index") == UInt64(position))
                let path = try answer.array("audit_path").map { text in
                    try #require(Base64.decodeStandard(Array((text.string ?? "").utf8)).flatMap { SHA256Digest($0) })
                }
                let index = try #require(LeafIndex(UInt64(position)))
                #expect(
                    InclusionProof(path: path).isValid(
                        for: hash, at: index, in: head.head.size, root: head.head.root))
            }
            await #expect(throws: LogReader.Refusal.treeSizeBeyondHead) {
                try await answers.inclusionProof(ofLeafHash: leafHashes[0], treeSize: .max)
            }
        }
    }

    @Test func `TL-35 a page of long entries stays below its limit, and the rest is on the next pages`() async throws {
        let test = try TestLog()
        try await test.create()
        try await test.run { log in
            let padding = CertificateExtension(id: "1.3.6.1.4.1.99999.1", value: [UInt8](repeating: 1, count: 30_000))
            let count: UInt64 = 60
            for serialNumber in 1...Int(count) {
                let precertificate = try test.authority.leaf(
                    [TestAuthority.poison, padding], serialNumber: serialNumber)
                _ = try await log.submit(precertificate: precertificate, chain: test.authority.chain)
            }
            let answers = MonitoringAnswers(log)
            var (start, pages) = (UInt64(0), 0)
            while start < count {
                let answer = try await answers.entries(from: start, through: .max)
                let byteCount = JSONText(answer).bytes.count
                #expect(byteCount <= MonitoringAnswers.pageByteCount)
                let entries = try answer.array("entries")
                for (position, entry) in entries.enumerated() {
                    let leaf = try MerkleTreeLeaf(parsing: try entry.base64("leaf_input"))
                    #expect(try LeafIndexExtension.index(in: leaf.extensions)?.value == start + UInt64(position))
                }
                start += UInt64(entries.count)
                pages += 1
                // One entry of this kind is less than a tenth of the limit, so only the last page may be shorter.
                #expect(start == count || byteCount > MonitoringAnswers.pageByteCount * 9 / 10)
                try #require(!entries.isEmpty)
            }
            #expect(start == count)
            #expect(pages > 1)
            #expect(MonitoringAnswers.pageByteCount == 2 << 20)
        }
    }

    @Test func `TL-42 a proof without steps is an empty array and numbers are not quoted`() async throws {
        let test = try TestLog()
        try await test.create()
        try await test.run { log in
            _ = try await test.submit(1, to: log)
            let answers = MonitoringAnswers(log)
            let page = try await log.reader.page(from: 0, through: 0)
            let hash = try #require(page.entries.first).leafHash
            let text = JSONText(try await answers.inclusionProof(ofLeafHash: hash, treeSize: 1)).string
            #expect(text == #"{"leaf_index":0,"audit_path":[]}"#)
        }
    }
}
