import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@Suite struct TileTests {
    @Test func `TL-12 a tile has the path of the vectors, and the path leads back to it`() throws {
        for vector in try Vectors.load("tiles").array("index_paths") {
            let (index, path) = (try vector.number("n"), try vector.text("path"))
            for (content, name) in [(Tile.Content.hashes(level: 0), "0"), (.hashes(level: 5), "5"), (.data, "data")] {
                let full = try #require(Tile(content, index: index))
                #expect(full.path == "tile/\(name)/\(path)")
                #expect(Tile(path: full.path) == full)
                let partial = try #require(Tile(content, index: index, width: 255))
                #expect(partial.path == "tile/\(name)/\(path).p/255")
                #expect(Tile(path: partial.path) == partial)
            }
        }
    }

    @Test func `TL-12 other spellings are refused, and level 6 only in a certificate log`() throws {
        for vector in try Vectors.load("tiles").array("bad_paths") {
            let path = String(try #require(vector.string).prefix { $0 != " " })
            #expect(Tile(path: path) == nil, "\(path)")
            #expect((Tile(path: path, highestLevel: Tile.highestLevel) != nil) == (path == "tile/6/000"), "\(path)")
        }
        for path in [
            "", "tile", "tile/0", "tile//000", "tile/0/x999999999999999999999/000", "tile/0/9/000", "/tile/0/000",
        ] {
            #expect(Tile(path: path) == nil, "\(path)")
        }
        let largest = "tile/0/x009/x223/x372/x036/x854/x775/807"
        #expect(Tile(path: largest)?.index == UInt64(Int64.max))
        #expect(Tile(path: "tile/0/x009/x223/x372/x036/x854/x775/808") == nil)
    }

    @Test func `TL-13 a tree has the tiles of the vectors and no empty ones`() throws {
        for vector in try Vectors.load("tiles").array("layout") {
            let size = try vector.size("size")
            let levels = try vector.array("levels")
            for (level, expected) in levels.enumerated() {
                let full = try expected.number("full_tiles")
                let partial = Int(try expected.number("partial_width"))
                #expect(full == 0 || Tile.width(level: level, index: full - 1, in: size) == 256)
                #expect(Tile.width(level: level, index: full, in: size) == partial, "\(level) of \(size.value)")
                #expect(Tile.width(level: level, index: full + 1, in: size) == 0)
                let next = Tile(.hashes(level: level), index: full, width: partial + 1)
                #expect(next?.isCovered(by: size) == false)
            }
            #expect(Tile.width(level: levels.count, index: 0, in: size) == 0)
        }
    }

    @Test(
        "TL-11 widths at the end of the numbers do not trap",
        arguments: [0, 1, 7, 8, 63, 64, -1] as [Int], [0, 1 << 62, .max] as [UInt64])
    func extremes(level: Int, index: UInt64) throws {
        let largest = try #require(TreeSize(UInt64(Int64.max)))
        let width = Tile.width(level: level, index: index, in: largest)
        #expect((0...256).contains(width))
        #expect((width > 0) == (index == 0 && (0...7).contains(level)))
    }
}
