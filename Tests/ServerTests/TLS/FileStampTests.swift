import Foundation
@testable import Server
import Testing

@Suite struct FileStampTests {
    @Test("OPS-06: writing, renaming and swapping a link change the stamp of a path, and nothing else does")
    func changes() throws {
        let directory = TemporaryDirectory()
        defer { directory.remove() }
        let (first, second, link) = ("\(directory.path)/1", "\(directory.path)/2", "\(directory.path)/link")
        #expect(FileStamp(first) == nil)
        try Data("a".utf8).write(to: URL(filePath: first))
        try Data("b".utf8).write(to: URL(filePath: second))
        try directory.link(link, to: first)
        let stamp = FileStamp(link)
        #expect(stamp != nil && stamp == FileStamp(first) && stamp != FileStamp(second))
        try FileManager.default.removeItem(atPath: link)
        try directory.link(link, to: second)
        #expect(FileStamp(link) == FileStamp(second))
        try Data("longer".utf8).write(to: URL(filePath: second))
        #expect(FileStamp(link) != stamp)
    }
}
