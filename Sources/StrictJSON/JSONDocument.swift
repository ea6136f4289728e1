private import CJansson

/// The only owner of one tree of jansson's.
@safe
struct JSONDocument: ~Copyable {
    private let root: UnsafeMutablePointer<json_t>

    init(_ bytes: [UInt8], in range: Range<Int>) throws(JSONError) {
        var failure = json_error_t()
        let parsed = unsafe bytes.withUnsafeBytes { buffer in
            let text = unsafe UnsafeRawBufferPointer(rebasing: buffer[range])
            let start = unsafe text.baseAddress?.assumingMemoryBound(to: CChar.self)
            // JSON_ALLOW_NUL, JSON_DISABLE_EOF_CHECK and JSON_DECODE_ANY stay unset for good (reliability R-24).
            return unsafe json_loadb(start, text.count, Int(JSON_REJECT_DUPLICATES), &failure)
        }
        // json_loadb returns a new reference, or null with the error filled in.
        guard let parsed = unsafe parsed else {
            let code = unsafe json_error_code(&failure)
            let offset = max(0, Int(failure.position))
            throw JSONError(Self.reason(for: code), at: range.lowerBound + min(offset, range.count))
        }
        unsafe root = parsed
    }

    deinit { unsafe json_decref(root) }

    func value(limits: JSONLimits) throws(JSONError) -> JSONValue {
        try unsafe Self.value(of: root, limits: limits)
    }

    private static func reason(for code: json_error_code) -> JSONError.Reason {
        switch code {
        case json_error_out_of_memory: .outOfMemory
        case json_error_stack_overflow: .tooDeep
        case json_error_invalid_utf8: .invalidText
        case json_error_premature_end_of_input: .unfinished
        case json_error_end_of_input_expected: .trailingBytes
        case json_error_null_character, json_error_null_byte_in_key: .nulCharacter
        case json_error_duplicate_key: .duplicateName
        case json_error_numeric_overflow: .numberOutOfRange
        default: .invalidSyntax
        }
    }

    // Recursion is safe: the scan has limited the depth before there was a tree.
    private static func value(
        of node: UnsafeMutablePointer<json_t>, limits: JSONLimits
    ) throws(JSONError) -> JSONValue {
        switch unsafe node.pointee.type {
        case JSON_OBJECT: return .object(try unsafe members(of: node, limits: limits))
        case JSON_ARRAY: return .array(try unsafe elements(of: node, limits: limits))
        case JSON_STRING:
            return .string(try unsafe text(json_string_value(node), byteCount: json_string_length(node)))
        case JSON_INTEGER: return .integer(unsafe json_integer_value(node))
        case JSON_REAL: return .real(unsafe json_real_value(node))
        case JSON_TRUE: return .bool(true)
        case JSON_FALSE: return .bool(false)
        case JSON_NULL: return .null
        default: throw JSONError(.invalidSyntax, at: 0)
        }
    }

    private static func members(
        of object: UnsafeMutablePointer<json_t>, limits: JSONLimits
    ) throws(JSONError) -> [JSONMember] {
        var members: [JSONMember] = []
        unsafe members.reserveCapacity(json_object_size(object))
        var iterator = unsafe json_object_iter(object)
        while let current = unsafe iterator {
            let nameByteCount = unsafe json_object_iter_key_len(current)
            guard nameByteCount <= limits.nameByteCount else { throw JSONError(.nameTooLong, at: 0) }
            let name = try unsafe text(json_object_iter_key(current), byteCount: nameByteCount)
            guard let node = unsafe json_object_iter_value(current) else { throw JSONError(.invalidSyntax, at: 0) }
            members.append(JSONMember(name: name, value: try unsafe value(of: node, limits: limits)))
            unsafe iterator = unsafe json_object_iter_next(object, current)
        }
        return members
    }

    private static func elements(
        of array: UnsafeMutablePointer<json_t>, limits: JSONLimits
    ) throws(JSONError) -> [JSONValue] {
        var elements: [JSONValue] = []
        let count = unsafe json_array_size(array)
        elements.reserveCapacity(count)
        for index in 0..<count {
            guard let node = unsafe json_array_get(array, index) else { throw JSONError(.invalidSyntax, at: 0) }
            elements.append(try unsafe value(of: node, limits: limits))
        }
        return elements
    }

    private static func text(_ start: UnsafePointer<CChar>?, byteCount: Int) throws(JSONError) -> String {
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: byteCount)
        guard let text = unsafe String(validating: bytes, as: UTF8.self) else {
            throw JSONError(.invalidText, at: 0)
        }
        return text
    }
}
