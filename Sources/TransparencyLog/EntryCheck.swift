internal import OpenSSL

/// What must hold for one stored entry (I6, I10; transparency-log 3.5, item 8).
struct EntryCheck {
    let format: RecordFormat

    /// How closely the record is compared with itself.
    var closeness = RecordFormat.Closeness.structure

    /// Throws `damaged` with the entry's name; digests in `attachments` were found before, and new ones join them.
    func run(
        _ entry: StoredEntry, in snapshot: any LogSnapshot, head: TreeHead, attachments: inout Set<SHA256Digest>
    ) throws {
        let name = "entry \(entry.index.value)"
        let parsed = try Self.parse(entry, format)
        guard parsed.timestamp <= head.timestamp else {
            throw StoreRefusal.damaged("\(name) is younger than the head")
        }
        guard try snapshot.index(forKey: SHA256Digest(hashing: parsed.identity)) == entry.index else {
            throw StoreRefusal.damaged("\(name) is not found by its key (table dedup)")
        }
        guard try snapshot.index(ofLeafHash: entry.leafHash) == entry.index else {
            throw StoreRefusal.damaged("\(name) is not found by its hash (table leafidx)")
        }
        for digest in parsed.attachments where attachments.insert(digest).inserted {
            guard try snapshot.attachment(digest) == nil else { continue }
            throw StoreRefusal.damaged("\(name) refers to \(digest.hex), which is not there (table issuer)")
        }
        do {
            try format.compare(entry.record, closeness) { try snapshot.attachment($0) }
        } catch let refusal as StoreRefusal {
            throw refusal
        } catch {
            throw StoreRefusal.damaged("\(name) has something beside its leaf that does not belong to it: \(error)")
        }
    }

    /// What the record of an entry says; throws `damaged` unless it hashes to the stored leaf hash.
    static func parse(_ entry: StoredEntry, _ format: RecordFormat) throws -> ParsedRecord {
        let name = "entry \(entry.index.value)"
        guard let parsed = try? format.parse(entry.record) else {
            throw StoreRefusal.damaged("\(name) cannot be read")
        }
        guard parsed.index == entry.index, MerkleTree.leafHash(of: parsed.leafInput) == entry.leafHash else {
            throw StoreRefusal.damaged("\(name) does not hash to its leaf")
        }
        return parsed
    }
}
