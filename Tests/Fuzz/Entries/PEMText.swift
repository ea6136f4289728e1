import OpenSSL

extension FuzzEntry {
    /// A text with PEM blocks.
    static let pem = FuzzEntry(
        "pem",
        seeds: {
            try Corpus.files("publicKey") + Corpus.files("chain") + Corpus.files("privateKey")
        }
    ) { bytes in
        let blocks = try PEM.blocks(in: bytes).read()
        guard let first = blocks.first else { throw Refused() }
        guard PEM.firstBlock(in: bytes) == first else { return "the first block is another one" }
        for block in blocks {
            let text = Array(PEM.encode(label: block.label, block.bytes).utf8)
            guard PEM.blocks(in: text) == [block] else { return "a block that is written reads as another" }
        }
        return nil
    }
}
