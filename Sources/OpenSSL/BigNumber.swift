internal import COpenSSL

/// The only owner of one `BIGNUM`.
@safe
struct BigNumber: ~Copyable {
    /// Scratch space of libcrypto's arithmetic.
    @safe
    struct Context: ~Copyable {
        let pointer: OpaquePointer

        init() throws(OpenSSLError) {
            guard let pointer = unsafe BN_CTX_new() else { throw .drained(after: "BN_CTX_new") }
            unsafe self.pointer = pointer
        }

        deinit { unsafe BN_CTX_free(pointer) }
    }

    let pointer: OpaquePointer

    init() throws(OpenSSLError) {
        guard let pointer = unsafe BN_new() else { throw .drained(after: "BN_new") }
        unsafe self.pointer = pointer
    }

    init(magnitude: [UInt8]) throws(OpenSSLError) {
        guard let pointer = unsafe BN_bin2bn(magnitude, Int32(clamping: magnitude.count), nil) else {
            throw .drained(after: "BN_bin2bn")
        }
        unsafe self.pointer = pointer
    }

    /// A number of libcrypto's less a small one.
    init(_ number: OpaquePointer, less difference: UInt) throws(OpenSSLError) {
        guard let pointer = unsafe BN_dup(number) else { throw .drained(after: "BN_dup") }
        guard unsafe BN_sub_word(pointer, difference) == 1 else {
            unsafe BN_free(pointer)
            throw .drained(after: "BN_sub_word")
        }
        unsafe self.pointer = pointer
    }

    deinit { unsafe BN_free(pointer) }

    /// The remainder by a small divisor that is not zero.
    borrowing func remainder(dividingBy divisor: UInt64) -> UInt64 {
        UInt64(unsafe BN_mod_word(pointer, UInt(divisor)))
    }

    borrowing func squared(_ context: borrowing Context) throws(OpenSSLError) -> BigNumber {
        let result = try BigNumber()
        try check(unsafe BN_sqr(result.pointer, pointer, context.pointer), "BN_sqr")
        return result
    }

    borrowing func subtracting(_ other: borrowing BigNumber) throws(OpenSSLError) -> BigNumber {
        let result = try BigNumber()
        try check(unsafe BN_sub(result.pointer, pointer, other.pointer), "BN_sub")
        return result
    }

    /// Negative, zero or positive, as the number is below, equal to or above the other.
    borrowing func compared(with other: borrowing BigNumber) -> Int32 {
        unsafe BN_cmp(pointer, other.pointer)
    }

    borrowing func increment() throws(OpenSSLError) {
        try check(unsafe BN_add_word(pointer, 1), "BN_add_word")
    }

    /// Whether the number is the square of an integer.
    borrowing func isSquare(_ context: borrowing Context) throws(OpenSSLError) -> Bool {
        if unsafe BN_is_zero(pointer) == 1 { return true }
        // Squares are rare among residues: two cheap divisions save most of the square roots.
        guard Set([0, 1, 4, 9, 16, 17, 25, 33, 36, 41, 49, 57]).contains(remainder(dividingBy: 64)) else {
            return false
        }
        for prime: UInt64 in [3, 5, 7, 11, 13, 17, 19, 23] {
            let residue = remainder(dividingBy: prime)
            guard (0..<prime).contains(where: { $0 * $0 % prime == residue }) else { return false }
        }
        let root = try ceilingSquareRoot(context)
        let square = try root.squared(context)
        return square.compared(with: self) == 0
    }

    /// The least integer whose square is not below the number, by Newton's method from above.
    borrowing func ceilingSquareRoot(_ context: borrowing Context) throws(OpenSSLError) -> BigNumber {
        let root = try BigNumber()
        try check(unsafe BN_set_bit(root.pointer, (BN_num_bits(pointer) + 1) / 2), "BN_set_bit")
        let next = try BigNumber()
        while true {
            // next = (root + number / root) / 2 falls until it reaches the floor of the square root.
            try check(unsafe BN_div(next.pointer, nil, pointer, root.pointer, context.pointer), "BN_div")
            try check(unsafe BN_add(next.pointer, next.pointer, root.pointer), "BN_add")
            try check(unsafe BN_rshift1(next.pointer, next.pointer), "BN_rshift1")
            guard next.compared(with: root) < 0 else { break }
            guard unsafe BN_copy(root.pointer, next.pointer) != nil else { throw .drained(after: "BN_copy") }
        }
        let square = try root.squared(context)
        if square.compared(with: self) < 0 { try root.increment() }
        return root
    }
}
