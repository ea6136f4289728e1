import OpenSSL

extension FuzzEntry {
    /// The strict walk over DER, sixteen levels deep.
    static let derElements = FuzzEntry(
        "derElements",
        seeds: {
            try Corpus.blocks("certificate") + Corpus.blocks("request")
        }
    ) { bytes in
        var level = [DERReader(bytes)]
        for _ in 0..<16 {
            var next: [DERReader] = []
            for var reader in level {
                while !reader.isAtEnd {
                    let element = try reader.next()
                    let content = Array(bytes[element.content])
                    guard DERWriter.element(tag: element.tag, content) == Array(bytes[element.encoded]) else {
                        return "an element has a second encoding"
                    }
                    if element.tag & 0x20 != 0 { next.append(DERReader(bytes, in: element.content)) }
                    if element.tag == DERTag.objectIdentifier, let id = ObjectIdentifier(content: content) {
                        guard ObjectIdentifier(id.dotted) == id else { return "an identifier has two spellings" }
                    }
                }
            }
            level = next
        }
        return nil
    }
}
