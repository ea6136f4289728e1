internal import OpenSSL
package import StrictJSON
internal import TransparencyLog

extension SignedCertificateTimestamp {
    /// The JSON text of the timestamp: what a log answers, and what stands beside a certificate (RFC 6962 §4.1).
    package var json: JSONText {
        JSONText([
            "sct_version": 0, "id": .string(Base64.encode(logID.bytes)),
            "timestamp": .integer(Int64(clamping: timestamp.milliseconds)),
            "extensions": .string(Base64.encode(extensions)), "signature": .string(Base64.encode(signature.encoded)),
        ])
    }

    /// Reads what a log answered; nothing is verified.
    ///
    /// Further members are read over. Throws `.malformed` for an answer that is not one of this form, and
    /// `.unacceptable` for one that is and cannot be used.
    package init(json: JSONValue) throws(TimestampJSONError) {
        guard let version = json["sct_version"]?.integer else { throw .malformed("sct_version") }
        guard let milliseconds = json["timestamp"]?.integer.flatMap(UInt64.init(exactly:)) else {
            throw .malformed("timestamp")
        }
        let (id, extensions) = (try Self.octets(json, "id"), try Self.octets(json, "extensions"))
        let signature = try Self.octets(json, "signature")
        guard version == 0 else { throw .unacceptable("a version other than 0") }
        guard let logID = SHA256Digest(id) else { throw .unacceptable("a log id that has not 32 octets") }
        guard extensions.count <= Int(UInt16.max) else { throw .unacceptable("extensions longer than 65535 octets") }
        guard let signature = DigitallySigned(encoded: signature) else {
            throw .unacceptable("a signature that is not one by ECDSA or RSA with SHA-256 and nothing after it")
        }
        self.init(
            logID: logID, timestamp: Timestamp(milliseconds: milliseconds), extensions: extensions,
            signature: signature)
    }

    private static func octets(_ json: JSONValue, _ name: String) throws(TimestampJSONError) -> [UInt8] {
        guard let text = json[name]?.string, let octets = Base64.decodeStandard(Array(text.utf8)) else {
            throw .malformed(name)
        }
        return octets
    }
}

/// Why a JSON value is no usable timestamp, in words that carry nothing of the value.
package enum TimestampJSONError: Error, Hashable, Sendable {
    /// This member is missing or not of its type.
    case malformed(String)
    /// A member has a value that no timestamp for us may have.
    case unacceptable(String)
}
