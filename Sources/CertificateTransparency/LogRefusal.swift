/// Why a chain is not admitted, in words its sender may read (transparency-log 4.2).
package enum LogRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The body is no JSON object with a list `chain` of texts.
    case noChain
    /// The text at this position of the chain is not one certificate in the base64 of RFC 4648 §4.
    case unreadableCertificate(position: Int)
    case chainIsEmpty
    case chainIsTooLong
    case certificateIsTooLarge
    case notAPrecertificate
    case notACertificate
    case malformedPoison
    case precertificateHasTimestamps
    case malformedCertificate
    case certificateIsAnAuthority
    case expiryOutsideWindow
    /// A certificate of the own CA is valid for longer than an hour.
    case livesTooLong
    /// A certificate of the own CA begins more than ten minutes ahead of the clock.
    case notYetValid
    /// A certificate of the own CA is over.
    case expired
    case notForCodeSigning
    case issuedByPrecertificateSigningCertificate
    case unknownSignatureAlgorithm
    /// The certificate at this position of the chain, 0 being the submitted one, is not issued by the next.
    case notIssuedByNext(position: Int)
    case chainDoesNotEndInAcceptedRoot
    /// Strangers may not submit to this log at all (4.3.1).
    case onlyOwnAuthority
    /// No certificate that expires in the log's window can be issued any more.
    case windowIsOver

    package var description: String {
        switch self {
        case .noChain: "the body is no JSON object with a member chain that is a list of texts"
        case .unreadableCertificate(let position):
            "element \(position) of the chain is not the base64 of one certificate"
        case .chainIsEmpty: "the chain has no issuer"
        case .chainIsTooLong: "the chain has more than 10 certificates"
        case .certificateIsTooLarge: "a certificate is longer than 32 KiB, or the chain than 64 KiB"
        case .notAPrecertificate: "the certificate has no poison extension"
        case .notACertificate: "the certificate has the poison extension: precertificates go to add-pre-chain"
        case .malformedPoison: "the poison extension is not critical or not NULL"
        case .precertificateHasTimestamps: "the precertificate already has signed certificate timestamps"
        case .malformedCertificate: "the certificate is not of version 3 or not in DER"
        case .certificateIsAnAuthority: "the certificate is that of an authority"
        case .expiryOutsideWindow: "the certificate expires outside the window of this log"
        case .livesTooLong: "the certificate lives longer than an hour"
        case .notYetValid: "the certificate begins more than ten minutes ahead of the clock"
        case .expired: "the certificate has expired"
        case .notForCodeSigning: "the certificate is not for code signing"
        case .issuedByPrecertificateSigningCertificate: "precertificate signing certificates are not accepted"
        case .unknownSignatureAlgorithm: "a signature algorithm is not accepted"
        case .notIssuedByNext(let position): "certificate \(position) of the chain is not issued by the next"
        case .chainDoesNotEndInAcceptedRoot: "the chain does not end in an accepted root"
        case .onlyOwnAuthority: "this log takes entries from its own CA alone"
        case .windowIsOver: "the window of this log is over"
        }
    }
}
