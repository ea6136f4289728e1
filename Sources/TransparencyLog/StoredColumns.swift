internal import FoundationEssentials
internal import GRDB
internal import OpenSSL

/// Reads columns without believing them: what is stored may have been damaged or changed by hand.
extension Row {
    /// The bytes of a column; throws when it holds something else.
    func bytes(_ index: Int) throws -> [UInt8] {
        [UInt8](try decode(Data.self, atIndex: index))
    }

    /// The digest in a column; throws for another length.
    func digest(_ index: Int) throws -> SHA256Digest {
        guard let digest = SHA256Digest(try bytes(index)) else {
            throw StoreRefusal.damaged("a stored digest has not 32 bytes")
        }
        return digest
    }

    /// The number in a column; throws when it is negative.
    func number(_ index: Int) throws -> UInt64 {
        guard let number = UInt64(exactly: try decode(Int64.self, atIndex: index)) else {
            throw StoreRefusal.damaged("a stored number is negative")
        }
        return number
    }

    /// The position in a column.
    func leafIndex(_ index: Int) throws -> LeafIndex {
        guard let index = LeafIndex(try number(index)) else {
            throw StoreRefusal.damaged("a stored position is beyond any log")
        }
        return index
    }
}

extension Array where Element == UInt8 {
    /// The bytes as a value to bind.
    var blob: Data { Data(self) }
}
