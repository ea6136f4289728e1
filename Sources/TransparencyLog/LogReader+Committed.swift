package import OpenSSL

/// Questions about all that is committed, for who checks the log itself: no answer to anybody else is made of these.
extension LogReader {
    /// The proof that the tree of `old` leaves begins a committed head's tree, verified against that head.
    ///
    /// Throws `MissingHash` when it does not verify: then what is stored is not what was signed.
    func committedProof(from old: TreeSize, to head: TreeHead) async throws -> ConsistencyProof {
        try await store.read { snapshot in
            var reader = HashReader(size: head.size) { try snapshot.tile(level: $0, index: $1) }
            let proof = try ConsistencyProof(from: old, to: head.size, reader: &reader)
            let root = old == .zero ? MerkleTree.emptyRoot : try reader.root(of: 0..<old.value)
            guard proof.isValid(from: old, root: root, to: head.size, root: head.root) else { throw MissingHash() }
            return proof
        }
    }

    /// The root over the first leaves of the tree, which must have so many.
    package func committedRoot(ofSize size: TreeSize) async throws -> SHA256Digest {
        guard size > .zero else { return MerkleTree.emptyRoot }
        return try await store.read { snapshot in
            var reader = HashReader(size: size) { try snapshot.tile(level: $0, index: $1) }
            return try reader.root(of: 0..<size.value)
        }
    }

    /// The leaf hash of a committed entry, computed from its record.
    package func leafHash(at index: LeafIndex) async throws -> SHA256Digest {
        try await store.read { snapshot in
            let entries = try snapshot.entries(in: index.value..<(index.value + 1), byteCount: 1)
            guard let entry = entries.first else { throw MissingHash() }
            return entry.leafHash
        }
    }
}
