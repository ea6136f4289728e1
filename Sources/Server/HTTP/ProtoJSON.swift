internal import OpenSSL
internal import StrictJSON

/// One message of the proto3 JSON mapping, as lenient as the mapping and no more (CA specification 1.4).
///
/// A field may be spelled in lowerCamelCase or in its original snake_case, but not in both at once; `null` is absent;
/// unknown fields are ignored.
struct ProtoJSON {
    private let members: [JSONMember]
    private let name: String

    /// A message from a JSON value; throws unless it is an object.
    init(_ value: JSONValue, name: String) throws(APIStatus) {
        guard let members = value.members else {
            throw APIStatus(.invalidArgument, "\(name) is not a JSON object")
        }
        self.members = members
        self.name = name
    }

    /// A message without fields.
    init(empty name: String) {
        members = []
        self.name = name
    }

    /// A message field; nil when absent.
    func message(_ field: String) throws(APIStatus) -> ProtoJSON? {
        guard let value = try value(field) else { return nil }
        return try ProtoJSON(value, name: field)
    }

    /// A string field; nil when absent.
    func text(_ field: String) throws(APIStatus) -> String? {
        guard let value = try value(field) else { return nil }
        guard let text = value.string else { throw invalid(field, "string") }
        return text
    }

    /// A bytes field in base64 of either alphabet; nil when absent.
    func bytes(_ field: String) throws(APIStatus) -> [UInt8]? {
        guard let text = try text(field) else { return nil }
        guard let bytes = Base64.decodeEither(Array(text.utf8)) else { throw invalid(field, "bytes") }
        return bytes
    }

    /// Checks the type of an enumeration field whose value is not used: any name, or an integral number.
    func checkEnumeration(_ field: String) throws(APIStatus) {
        switch try value(field) {
        case nil, .string, .integer: return
        case .real(let number) where number.rounded() == number && abs(number) <= Double(Int32.max): return
        default: throw invalid(field, "enum")
        }
    }

    private func value(_ field: String) throws(APIStatus) -> JSONValue? {
        var found: JSONValue?
        for member in members where Self.isName(member.name, of: field) {
            guard found == nil else {
                throw APIStatus(.invalidArgument, "duplicate field \"\(field)\" in \(name)")
            }
            found = member.value
        }
        return found.flatMap { $0.isNull ? nil : $0 }
    }

    private func invalid(_ field: String, _ type: String) -> APIStatus {
        APIStatus(.invalidArgument, "invalid value for \(type) field \(field)")
    }

    /// Whether a name is `oidcIdentityToken`, or `oidc_identity_token` as it stands in the message definition.
    private static func isName(_ name: String, of field: String) -> Bool {
        if name.hasSameBytes(as: field) { return true }
        var rest = name.utf8[...]
        for letter in field.utf8 {
            let isCapital = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(letter)
            if isCapital, rest.popFirst() != UInt8(ascii: "_") { return false }
            guard rest.popFirst() == (isCapital ? letter | 0x20 : letter) else { return false }
        }
        return rest.isEmpty
    }
}
