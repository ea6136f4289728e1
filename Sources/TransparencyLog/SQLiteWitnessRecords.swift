internal import GRDB
internal import OpenSSL

extension SQLiteLogStore: WitnessRecords {
    package var witnessRecords: (any WitnessRecords)? { self }

    package func cosignatures(from first: TreeSize, through last: TreeSize) async throws -> [KeptCosignature] {
        try await readRows { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT tree_size, line FROM cosig WHERE tree_size IN (
                        SELECT DISTINCT tree_size FROM cosig WHERE tree_size BETWEEN ? AND ?
                        ORDER BY tree_size DESC LIMIT 64)
                    """,
                arguments: [SQLiteSchema.column(first.value), SQLiteSchema.column(last.value)])
            return try rows.compactMap { row in
                // What does not read back is worth nothing, and nobody depends on it: the witness is asked again.
                guard let size = TreeSize(try row.number(0)),
                    let line = try? SignedNote.signatures(parsing: try row.bytes(1)).first,
                    let cosignature = Cosignature(line)
                else { return nil }
                return KeptCosignature(size: size, cosignature: cosignature)
            }
        }
    }

    package func lastCosignedSize(name: String, keyID: [UInt8]) async throws -> TreeSize? {
        try await readRows { database in
            let sql = "SELECT max(tree_size) FROM cosig WHERE name = ? AND key_id = ?"
            return try Int64.fetchOne(database, sql: sql, arguments: [name, keyID.blob])
                .flatMap { TreeSize(UInt64(clamping: $0)) }
        }
    }

    package func note(ofSize size: TreeSize) async throws -> [UInt8]? {
        try await readRows { database in
            try Row.fetchOne(
                database, sql: "SELECT latest_note FROM checkpoint WHERE tree_size = ?",
                arguments: [SQLiteSchema.column(size.value)])?.bytes(0)
        }
    }

    package func withheldSize() async throws -> TreeSize? {
        let stored = try await readRows { try SQLiteStartUpChecks.meta($0)[SQLiteSchema.MetaKey.withholding] }
        guard let stored else { return nil }
        guard let size = UInt64(stored).flatMap(TreeSize.init) else {
            throw StoreRefusal.damaged("the size from which heads are withheld is no number")
        }
        return size
    }

    package func noteWithholding(from committed: TreeSize?) async throws -> TreeSize? {
        let key = SQLiteSchema.MetaKey.withholding
        let stored = try await withheldSize()
        guard let committed else {
            guard stored != nil else { return nil }
            try await note { database in
                try database.execute(sql: "DELETE FROM meta WHERE key = ?", arguments: [key])
            }
            return nil
        }
        if let stored { return stored }
        try await note { database in
            try database.execute(
                sql: "INSERT INTO meta (key, value) VALUES (?, ?)", arguments: [key, String(committed.value)])
        }
        return committed
    }

    package func noteShown(_ size: TreeSize) async throws {
        try await note { try SQLiteBatchWriter.raiseShown(to: size, $0) }
    }

    package func keep(_ evidence: WitnessEvidence) async throws {
        try await noteEvenFrozen { database in
            try database.execute(
                sql: """
                    INSERT INTO evidence (timestamp, witness, status, answer, old_note, note) VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    SQLiteSchema.column(evidence.timestamp.milliseconds), evidence.witness, Int64(evidence.status),
                    evidence.answer.blob, evidence.old.blob, evidence.new.blob,
                ])
        }
    }
}
