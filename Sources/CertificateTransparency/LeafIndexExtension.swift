package import TransparencyLog

/// The extension that says where the entry of a signed certificate timestamp stands (Static CT API, "SCT Extension").
package enum LeafIndexExtension {
    /// CtExtensions with this extension alone, 8 bytes.
    package static func encoded(_ index: LeafIndex) -> [UInt8] {
        // struct { ExtensionType leaf_index(0); opaque extension_data<0..2^16-1> = uint40 leaf_index; } Extension;
        var bytes: [UInt8] = [0, 0, 5]
        BigEndian.append(index.value, byteCount: 5, to: &bytes)
        return bytes
    }

    /// The index in CtExtensions; nil when there is none.
    ///
    /// Other types are read over. Throws when a type occurs twice, an index has not 5 bytes, or bytes are left.
    package static func index(in extensions: [UInt8]) throws(TLSDecodingError) -> LeafIndex? {
        var reader = TLSReader(extensions)
        var types: Set<UInt64> = []
        var index: LeafIndex?
        while !reader.isAtEnd {
            let type = try reader.number(bits: 8)
            let data = try reader.vector(length: .bits16)
            guard types.insert(type).inserted else { throw .malformed("extension twice") }
            guard type == 0 else { continue }
            guard data.count == 5, let found = LeafIndex(data.reduce(0) { $0 << 8 | UInt64($1) }) else {
                throw .malformed("leaf index")
            }
            index = found
        }
        return index
    }
}
