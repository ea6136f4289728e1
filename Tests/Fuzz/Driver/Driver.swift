import Foundation
import Synchronization

// Fuzz NAME FOLDER [options of libFuzzer]: reads inputs with one entry for as long as the options say. FOLDER keeps
// what was found worth keeping; the entry's seeds are put there first.

private typealias Target = @convention(c) (UnsafeRawPointer?, Int) -> CInt

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ argumentCount: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>, _ target: Target
) -> CInt

private let chosen = Mutex<FuzzEntry?>(nil)

// The linker of the fuzzer asks for this name, whoever calls it.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafeRawPointer?, _ count: Int) -> CInt {
    guard let entry = chosen.withLock({ $0 }) else { return -1 }
    let input = unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count))
    if case .broken(let property) = entry.run(input) { fatalError(property) }
    return 0
}

// The package manager calls an executable's main by this name.
@_cdecl("Fuzz_main")
public func main(_ argumentCount: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    let words = CommandLine.arguments
    if words == [words[0], "--list"] {
        print(FuzzEntry.all.map(\.name).joined(separator: "\n"))
        return 0
    }
    guard words.count > 2, let entry = FuzzEntry.all.first(where: { $0.name == words[1] }) else {
        print("usage: Fuzz NAME FOLDER [options of libFuzzer], or Fuzz --list")
        return 64
    }
    do {
        try plant(entry, in: URL(filePath: words[2]))
    } catch {
        print("the seeds cannot be written: \(error)")
        return 1
    }
    chosen.withLock { $0 = entry }
    // libFuzzer sees its own arguments alone: the name goes, the program's name takes its place.
    var count = argumentCount - 1
    unsafe arguments?[1] = unsafe arguments?[0]
    var rest = unsafe arguments.map { unsafe $0 + 1 }
    return unsafe runDriver(&count, &rest, testOneInput)
}

/// Puts an entry's seeds into a folder, which is made when it is missing.
private func plant(_ entry: FuzzEntry, in folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (number, seed) in try entry.seeds().enumerated() {
        try Data(seed).write(to: folder.appending(path: "seed-\(number)"))
    }
}
