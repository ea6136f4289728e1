import Testing

@testable import Server

@Suite struct PrivateFileTests {
    @Test func `a file is replaced, whatever else has a name like it`() throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        let path = "\(base.path)/x"
        try PrivateFile.create("\(path).new", [1])
        for bytes in [[2], [3]] as [[UInt8]] {
            try PrivateFile.replace(path, bytes)
            #expect(try PrivateFile.read(path, readers: .ownerOnly) == bytes)
        }
        #expect(try PrivateFile.read("\(path).new", readers: .ownerOnly) == [1])
        #expect(try base.contents() == ["x", "x.new"])
    }

    @Test func `an error leaves nothing beside the file that was to be replaced`() throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        // A directory cannot be replaced by a file.
        try PrivateFile.createDirectory("\(base.path)/x")
        #expect(throws: FileError.self) { try PrivateFile.replace("\(base.path)/x", [1]) }
        #expect(try base.contents() == ["x"])
    }

    @Test func `only a regular file is removed, and no link is followed`() throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        try PrivateFile.create("\(base.path)/file", [1])
        try PrivateFile.createDirectory("\(base.path)/directory")
        try base.link("\(base.path)/link", to: "\(base.path)/file")
        for name in ["directory", "link", "nothing"] { PrivateFile.removeFile("\(base.path)/\(name)") }
        #expect(try base.contents() == ["directory", "file", "link"])
        PrivateFile.removeFile("\(base.path)/file")
        #expect(try base.contents() == ["directory", "link"])
    }

    @Test func `a path of the working directory is made one of the root`() {
        #expect(PrivateFile.absolute("/a/b") == "/a/b")
        let path = PrivateFile.absolute("b")
        #expect(path.hasPrefix("/") && path.hasSuffix("/b"))
    }
}
