internal import Issuance
internal import OpenSSL

/// Reads the certificates and keys of a data directory.
enum KeyFiles {
    /// The chain and its key from two files; throws every mistake at once.
    ///
    /// `readers` says who may be able to read the key.
    static func issuingCertificate(
        chain chainPath: String, key keyPath: String, readers: PrivateFile.Readers = .ownerOnly,
        _ passphrase: Passphrase, now: Timestamp
    ) throws -> IssuingCertificate {
        guard let blocks = PEM.blocks(in: try PrivateFile.read(chainPath, readers: .anyone)) else {
            throw ConfigurationMistakes(["\(chainPath): error during PEM decoding"])
        }
        var chain: [Certificate] = []
        for (index, block) in blocks.enumerated() {
            guard block.label == "CERTIFICATE", let certificate = try? Certificate(der: block.bytes) else {
                throw ConfigurationMistakes(["\(chainPath): block \(index + 1) is not a certificate"])
            }
            chain.append(certificate)
        }
        do {
            return try IssuingCertificate(chain: chain, key: try key(keyPath, readers: readers, passphrase), now: now)
        } catch let error as IssuingCertificateError {
            throw ConfigurationMistakes(error.mistakes.map { "\(chainPath): \($0)" })
        }
    }

    /// A private key, encrypted; throws one line that says what is wrong.
    static func key(
        _ path: String, readers: PrivateFile.Readers = .ownerOnly, _ passphrase: Passphrase
    ) throws -> LocalSigningKey {
        let pem = try PrivateFile.read(path, readers: readers)
        guard PEM.firstBlock(in: pem)?.label == "ENCRYPTED PRIVATE KEY" else {
            throw ConfigurationMistakes([
                "\(path): not an encrypted private key; encrypt it with: openssl pkcs8 -topk8 -v2 aes-256-cbc"
            ])
        }
        do {
            return LocalSigningKey(try PrivateKey(pem: pem, passphrase: passphrase))
        } catch PrivateKeyError.cannotBeOpened {
            throw ConfigurationMistakes(["\(path): not a private key, or the passphrase does not open it"])
        } catch {
            throw ConfigurationMistakes(["\(path): a kind of key that is not supported"])
        }
    }
}
