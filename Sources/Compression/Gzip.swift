internal import CZlib

/// Content coding `gzip` (RFC 1952), for answers.
package enum Gzip {
    /// Why bytes were not compressed: zlib's own code, of which only a lack of memory can come from here.
    package struct Failure: Error, Hashable, Sendable {
        /// The value that zlib answered.
        package let code: Int32
    }

    /// The bytes in one member without a name or a time: equal bytes give equal members.
    package static func compress(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        var stream = unsafe z_stream()
        // 15 bits of window, plus 16 for the header and trailer of gzip.
        let initialized = unsafe czlib_deflateInit2(
            &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY)
        // Z_OK, or Z_MEM_ERROR; Z_STREAM_ERROR and Z_VERSION_ERROR are for parameters and libraries that do not fit.
        guard initialized == Z_OK else { throw Failure(code: initialized) }
        defer { unsafe deflateEnd(&stream) }
        let bound = unsafe deflateBound(&stream, uLong(bytes.count))
        guard let input = UInt32(exactly: bytes.count), let room = UInt32(exactly: bound) else {
            throw Failure(code: Z_BUF_ERROR)
        }
        var output = [UInt8](repeating: 0, count: Int(room))
        let (code, written) = unsafe bytes.withUnsafeBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { destination in
                // zlib only reads from next_in.
                unsafe stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                unsafe stream.avail_in = input
                unsafe stream.next_out = destination.baseAddress
                unsafe stream.avail_out = room
                let code = unsafe deflate(&stream, Z_FINISH)
                return (code, Int(unsafe stream.total_out))
            }
        }
        // deflateBound leaves room for all of it, so anything but Z_STREAM_END is a failure.
        guard code == Z_STREAM_END else { throw Failure(code: code) }
        output.removeLast(output.count - written)
        return output
    }
}
