internal import COpenSSL

/// What one computation on a curve writes to, kept so that the next one allocates nothing.
@safe
final class CurveScratch: @unchecked Sendable {  // whoever took it from its pool has it alone
    let numbers: BigNumber.Context
    let sum: CurvePoint
    let product: CurvePoint

    init(_ group: CurveGroup) throws(OpenSSLError) {
        numbers = try BigNumber.Context()
        sum = try CurvePoint(group)
        product = try CurvePoint(group)
    }

    /// A number of the context's, zero, as long as the context's frame lasts.
    func number() throws(OpenSSLError) -> OpaquePointer {
        guard let number = unsafe BN_CTX_get(numbers.pointer) else { throw .drained(after: "BN_CTX_get") }
        return unsafe number
    }

    /// A number of the context's from its big-endian magnitude, as long as the context's frame lasts.
    func number(_ magnitude: [UInt8]) throws(OpenSSLError) -> OpaquePointer {
        let number = try unsafe number()
        guard unsafe BN_bin2bn(magnitude, Int32(clamping: magnitude.count), number) != nil else {
            throw .drained(after: "BN_bin2bn")
        }
        return unsafe number
    }
}
