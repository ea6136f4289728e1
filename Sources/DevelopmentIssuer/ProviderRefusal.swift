import HTTPTypes
import StrictJSON

/// Why the provider refused a request, in the form of RFC 6749 §5.2.
enum ProviderRefusal: Error, Hashable, Sendable {
    case bodyTooLarge(limit: Int)
    case bodyNotJSON(JSONError)
    case bodyNotAnObject
    case unknownAlgorithm
    case noSignInHere

    var status: HTTPResponse.Status {
        switch self {
        case .bodyTooLarge: .contentTooLarge
        case .bodyNotJSON, .bodyNotAnObject, .unknownAlgorithm, .noSignInHere: .badRequest
        }
    }

    var json: JSONValue {
        ["error": .string(code), "error_description": .string(explanation)]
    }

    private var code: String {
        self == .noSignInHere ? "unsupported_response_type" : "invalid_request"
    }

    private var explanation: String {
        switch self {
        case .bodyTooLarge(let limit): "the body is larger than \(limit) bytes"
        case .bodyNotJSON(let error): "the body is not acceptable JSON: \(error)"
        case .bodyNotAnObject: "the body must be a JSON object of claims"
        case .unknownAlgorithm:
            "alg must be one of " + SigningAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
        case .noSignInHere: "nobody signs in here: POST the claims to the token endpoint"
        }
    }
}
