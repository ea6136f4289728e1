internal import COpenSSL

/// What a certificate is to say, encoded by libcrypto's X.509 functions (RFC 5280 §4.1.2).
package struct CertificateFields: Hashable, Sendable {
    /// The serial number as a big-endian magnitude.
    package var serialNumber: [UInt8]

    /// The algorithm of the signature to come, a DER AlgorithmIdentifier.
    package var signatureAlgorithm: [UInt8]

    /// The issuer's Name as DER.
    package var issuer: [UInt8]

    /// The first second of validity; milliseconds are cut off.
    package var notBefore: Timestamp

    /// The last second of validity; milliseconds are cut off.
    package var notAfter: Timestamp

    /// The subject's Name as DER.
    package var subject: [UInt8]

    /// The key to certify.
    package var subjectPublicKeyInfo: SubjectPublicKeyInfo

    /// The extensions in the order in which they are to stand.
    package var extensions: [CertificateExtension]

    /// Fields for one certificate.
    package init(
        serialNumber: [UInt8], signatureAlgorithm: [UInt8], issuer: [UInt8], notBefore: Timestamp,
        notAfter: Timestamp, subject: [UInt8], subjectPublicKeyInfo: SubjectPublicKeyInfo,
        extensions: [CertificateExtension]
    ) {
        self.serialNumber = serialNumber
        self.signatureAlgorithm = signatureAlgorithm
        self.issuer = issuer
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.subject = subject
        self.subjectPublicKeyInfo = subjectPublicKeyInfo
        self.extensions = extensions
    }

    /// The DER of the to-be-signed certificate, version 3.
    ///
    /// libcrypto's object lives only within this call: the bytes are taken once, and what is in them is not encoded
    /// anew later.
    package func tbsCertificate() throws(OpenSSLError) -> [UInt8] {
        guard let certificate = unsafe X509_new() else { throw .drained(after: "X509_new") }
        defer { unsafe X509_free(certificate) }
        try check(unsafe X509_set_version(certificate, Int(X509_VERSION_3)), "X509_set_version")
        try unsafe setSerialNumber(certificate)
        try unsafe setAlgorithm(certificate)
        try unsafe Self.withName(issuer) { name throws(OpenSSLError) in
            try check(unsafe X509_set_issuer_name(certificate, name), "X509_set_issuer_name")
        }
        try unsafe Self.withName(subject) { name throws(OpenSSLError) in
            try check(unsafe X509_set_subject_name(certificate, name), "X509_set_subject_name")
        }
        try unsafe Self.set(X509_getm_notBefore(certificate), notBefore)
        try unsafe Self.set(X509_getm_notAfter(certificate), notAfter)
        try unsafe setKey(certificate)
        for item in extensions { try unsafe Self.add(item, to: certificate) }
        return try unsafe PrivateKey.encoded("i2d_re_X509_tbs") { unsafe i2d_re_X509_tbs(certificate, $0) }
    }

    private func setSerialNumber(_ certificate: OpaquePointer) throws(OpenSSLError) {
        guard let number = unsafe BN_bin2bn(serialNumber, Int32(clamping: serialNumber.count), nil) else {
            throw .drained(after: "BN_bin2bn")
        }
        defer { unsafe BN_free(number) }
        guard let integer = unsafe BN_to_ASN1_INTEGER(number, nil) else { throw .drained(after: "BN_to_ASN1_INTEGER") }
        defer { unsafe ASN1_INTEGER_free(integer) }
        try check(unsafe X509_set_serialNumber(certificate, integer), "X509_set_serialNumber")
    }

    private func setAlgorithm(_ certificate: OpaquePointer) throws(OpenSSLError) {
        let algorithm = unsafe signatureAlgorithm.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe d2i_X509_ALGOR(nil, &start, buffer.count)
        }
        guard let algorithm = unsafe algorithm else { throw .drained(after: "d2i_X509_ALGOR") }
        defer { unsafe X509_ALGOR_free(algorithm) }
        try check(unsafe copenssl_X509_set_tbs_algorithm(certificate, algorithm), "X509_ALGOR_copy")
    }

    private static func withName(
        _ der: [UInt8], _ body: (OpaquePointer) throws(OpenSSLError) -> Void
    ) throws(OpenSSLError) {
        let name = unsafe der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe d2i_X509_NAME(nil, &start, buffer.count)
        }
        guard let name = unsafe name else { throw .drained(after: "d2i_X509_NAME") }
        defer { unsafe X509_NAME_free(name) }
        try unsafe body(name)
    }

    private static func set(_ field: UnsafeMutablePointer<ASN1_TIME>?, _ time: Timestamp) throws(OpenSSLError) {
        // ASN1_TIME_set chooses UTCTime before 2050 and GeneralizedTime from then on (RFC 5280 §4.1.2.5).
        guard let field = unsafe field else { throw .drained(after: "X509_getm_notBefore") }
        guard unsafe ASN1_TIME_set(field, Int(clamping: time.seconds)) != nil else {
            throw .drained(after: "ASN1_TIME_set")
        }
    }

    /// Sets the key from its octets: libcrypto's own decoder would import it a second time.
    private func setKey(_ certificate: OpaquePointer) throws(OpenSSLError) {
        let bits = subjectPublicKeyInfo.subjectPublicKey
        guard !bits.isEmpty, let copy = unsafe CRYPTO_memdup(bits, bits.count, #fileID, Int32(#line)) else {
            throw .drained(after: "CRYPTO_memdup")
        }
        let octets = unsafe copy.assumingMemoryBound(to: UInt8.self)
        let count = Int32(clamping: bits.count)
        let target = unsafe X509_get_X509_PUBKEY(certificate)
        let result: Int32
        switch subjectPublicKeyInfo.key {
        case .ellipticCurve(let curve, _):
            unsafe result = X509_PUBKEY_set0_param(
                target, OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
                UnsafeMutableRawPointer(OBJ_nid2obj(curve.nid)),
                octets, count)
        case .rsa:
            unsafe result = X509_PUBKEY_set0_param(
                target, OBJ_nid2obj(NID_rsaEncryption), V_ASN1_NULL, nil, octets, count)
        case .ed25519:
            unsafe result = X509_PUBKEY_set0_param(
                target, OBJ_nid2obj(NID_ED25519), V_ASN1_UNDEF, nil, octets, count)
        case .unsupported: result = 0
        }
        guard result == 1 else {
            unsafe CRYPTO_free(copy, #fileID, Int32(#line))
            throw .drained(after: "X509_PUBKEY_set0_param")
        }
    }

    private static func add(_ item: CertificateExtension, to certificate: OpaquePointer) throws(OpenSSLError) {
        // The identifier has checked its encoding. libcrypto copies the octets, but does not promise not to write to
        // them.
        var octets = item.id.content
        guard let id = unsafe ASN1_OBJECT_create(NID_undef, &octets, Int32(clamping: octets.count), nil, nil) else {
            throw .drained(after: "ASN1_OBJECT_create")
        }
        defer { unsafe ASN1_OBJECT_free(id) }
        guard let value = unsafe ASN1_OCTET_STRING_new() else { throw .drained(after: "ASN1_OCTET_STRING_new") }
        defer { unsafe ASN1_OCTET_STRING_free(value) }
        try check(
            unsafe ASN1_OCTET_STRING_set(value, item.value, Int32(clamping: item.value.count)), "ASN1_OCTET_STRING_set")
        guard let created = unsafe X509_EXTENSION_create_by_OBJ(nil, id, item.isCritical ? 1 : 0, value) else {
            throw .drained(after: "X509_EXTENSION_create_by_OBJ")
        }
        guard unsafe copenssl_X509_add0_ext(certificate, created) == 1 else {
            unsafe X509_EXTENSION_free(created)
            throw .drained(after: "copenssl_X509_add0_ext")
        }
    }
}
