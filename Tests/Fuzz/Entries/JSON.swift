import StrictJSON

extension FuzzEntry {
    /// A JSON text within small limits.
    static let json = FuzzEntry(
        "json",
        seeds: {
            [
                Array(#"{"a":["\u00fc",1.5e3,{"b":null,"c":-7}],"d":"\\\"","e":true}"#.utf8),
                Array("[[[[1]]], {\"\":9223372036854775807}]".utf8),
            ]
        }
    ) { bytes in
        let limits = JSONLimits(byteCount: 4096, nodeCount: 200, depth: 8, nameByteCount: 32)
        let value = try JSONValue(parsing: bytes, limits: limits)
        let again = try? JSONValue(parsing: JSONText(value).bytes, limits: JSONLimits(byteCount: 1 << 20))
        guard again == value else { return "what was read is written as something else" }
        let first = try? JSONValue(parsing: bytes + [0x20, 0xFF], limits: limits, trailing: .ignored)
        return first == value ? nil : "what follows a value changes it"
    }
}
