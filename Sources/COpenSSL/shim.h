#pragma once

#include <sys/prctl.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_dispatch.h>
#include <openssl/ec.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

// Swift imports no function-like macros.

static inline void copenssl_free(void *pointer) {
    OPENSSL_free(pointer);
}

// The algorithm inside a to-be-signed certificate can only be set by the signing
// functions, which want the key; a key that lives elsewhere never comes here.
static inline int copenssl_X509_set_tbs_algorithm(X509 *certificate, const X509_ALGOR *algorithm) {
    return X509_ALGOR_copy((X509_ALGOR *)X509_get0_tbs_sigalg(certificate), algorithm);
}

static inline STACK_OF(X509) *copenssl_sk_X509_new_null(void) {
    return sk_X509_new_null();
}

static inline int copenssl_sk_X509_push(STACK_OF(X509) *stack, X509 *certificate) {
    return sk_X509_push(stack, certificate);
}

static inline void copenssl_sk_X509_pop_free(STACK_OF(X509) *stack) {
    sk_X509_pop_free(stack, X509_free);
}

// Swift imports no functions with variable arguments.
static inline int copenssl_forbid_dumping(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// Deprecated as a part of the interface below EVP, which has no other way to tables.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
static inline int copenssl_EC_GROUP_precompute_mult(EC_GROUP *group) {
#if OPENSSL_VERSION_MAJOR < 4 && !defined(OPENSSL_NO_DEPRECATED_3_0)
    return EC_GROUP_precompute_mult(group, NULL) == 1 && EC_GROUP_have_precompute_mult(group) == 1;
#else
    (void)group;
    return 0;
#endif
}
#pragma clang diagnostic pop
