import Identity
import StrictJSON

extension FuzzEntry {
    /// A path to a claim.
    static let jsonPath = FuzzEntry(
        "jsonPath",
        seeds: {
            ["$.federated_claims.connector_id", "$['a'][0].b", "$[\"a\"][12]", "$"].map { Array($0.utf8) }
        }
    ) { bytes in
        let path = try JSONPath(String(decoding: bytes, as: UTF8.self)).read()
        _ = path.value(in: ["a": [["b": 1], 2], "federated_claims": ["connector_id": "x"]])
        _ = path.value(in: [[[]], 1, .null])
        return nil
    }
}
