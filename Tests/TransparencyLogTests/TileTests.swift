import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@Suite struct TileTests {
    @Test func `TL-12 indices are written in groups of three and read back`() throws {
        for vector in try Vectors.load("tiles").array("index_paths") {
            let (index, path) = (try vector.number("n"), try vector.text("path"))
            let full = try #require(Tile(.hashes(level: 3), index: index))
            #expect(full.path == "tile/3/\(path)")
            #expect(Tile(path: full.path) == full)
            let partial = try #require(Tile(.data, index: index, width: 17))
            #expect(partial.path == "tile/data/\(path).p/17")
            #expect(Tile(path: partial.path) == partial)
        }
    }

    @Test func `TL-12 paths in any other form are refused`() throws {
        for vector in try Vectors.load("tiles").array("bad_paths") {
            // A remark in brackets is not part of the path.
            let path = try #require(vector.string?.split(separator: " ").first.map(String.init))
            #expect(Tile(path: path) == nil, "\(path)")
        }
        for path in [
            "", "tile", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tiles/0/000", "tile/0/x001",
            "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/\u{0661}\u{0661}\u{0661}", "tile/0/000.p",
        ] {
            #expect(Tile(path: path) == nil, "\(path)")
        }
    }

    @Test func `TL-12 level 6 is refused for certificates and accepted for others`() throws {
        #expect(Tile(path: "tile/6/000") == nil)
        #expect(Tile(path: "tile/6/000", highestLevel: Tile.highestLevel)?.content == .hashes(level: 6))
        #expect(Tile(path: "tile/64/000", highestLevel: Tile.highestLevel) == nil)
    }

    @Test func `TL-13 a tree has exactly the known tiles, none of them empty`() throws {
        for vector in try Vectors.load("tiles").array("layout") {
            let size = try vector.size("size")
            let tiles = Tile.layout(of: size)
            let levels = try vector.array("levels")
            for level in levels {
                let content = Tile.Content.hashes(level: Int(try level.number("level")))
                let (full, width) = (Int(try level.number("full_tiles")), Int(try level.number("partial_width")))
                let here = tiles.filter { $0.content == content }
                #expect(here.filter { $0.width == 256 }.count == full, "size \(size.value)")
                #expect(here.filter { $0.width < 256 }.map(\.width) == (width == 0 ? [] : [width]))
            }
            #expect(Set(tiles.map(\.content)).count == levels.count, "size \(size.value)")
        }
        #expect(Tile.layout(of: .zero).isEmpty)
    }

    @Test func `TL-14 the tiles of the tree of 70,000 have the known digests`() throws {
        let tree = try MemoryTree(numbersBelow: 70_000)
        for vector in try Vectors.load("tiles").array("tree_be64_size_70000") {
            let tile = try #require(Tile(path: try vector.text("path")))
            let level = Int(try vector.number("level"))
            #expect(tile.content == .hashes(level: level))
            #expect(tile.width == Int(try vector.number("width")))
            let bytes = Array(tree.tile(level: level, index: tile.index).prefix(tile.width * 32))
            #expect(bytes.count == Int(try vector.number("bytes")))
            #expect(SHA256Digest(hashing: bytes) == (try vector.digest("sha256_hex")), "\(tile.path)")
        }
    }

    @Test func `TL-16 checkpoint and tiles reproduce the root of 1,000 successive trees`() throws {
        var tree = try MemoryTree()
        for value: UInt64 in 0..<1000 {
            try tree.append([MerkleTree.leafHash(of: BigEndian.bytes(value))])
            let size = try #require(TreeSize(value + 1))
            #expect(try tree.root(size: size) == tree.peaks.root, "size \(size.value)")
        }
    }
}
