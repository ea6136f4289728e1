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

// X509_add_ext copies an extension by encoding and decoding it; here the certificate owns it when the answer is 1. Only
// X509_add_ext makes the list, so the first one goes through it.
static inline int copenssl_X509_add0_ext(X509 *certificate, X509_EXTENSION *extension) {
    STACK_OF(X509_EXTENSION) *extensions = (STACK_OF(X509_EXTENSION) *)X509_get0_extensions(certificate);
    if (extensions != NULL) {
        return sk_X509_EXTENSION_push(extensions, extension) > 0;
    }
    if (X509_add_ext(certificate, extension, -1) != 1) {
        return 0;
    }
    X509_EXTENSION_free(extension);
    return 1;
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

// Deprecated as a part of the interface below EVP, which has no other way to tables of multiples of a point and to its
// coordinates as they are kept. Without them no tables are made.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
#if OPENSSL_VERSION_MAJOR < 4 && !defined(OPENSSL_NO_DEPRECATED_3_0)
static inline int copenssl_EC_GROUP_precompute_mult(EC_GROUP *group) {
    return EC_GROUP_precompute_mult(group, NULL) == 1 && EC_GROUP_have_precompute_mult(group) == 1;
}

static inline int copenssl_EC_POINTs_make_affine(const EC_GROUP *group, size_t count, EC_POINT **points) {
    return EC_POINTs_make_affine(group, count, points, NULL);
}

static inline int copenssl_EC_POINT_get_X_and_Z(
    const EC_GROUP *group, const EC_POINT *point, BIGNUM *x, BIGNUM *z, BN_CTX *context
) {
    return EC_POINT_get_Jprojective_coordinates_GFp(group, point, x, NULL, z, context);
}
#else
static inline int copenssl_EC_GROUP_precompute_mult(EC_GROUP *group) {
    (void)group;
    return 0;
}

static inline int copenssl_EC_POINTs_make_affine(const EC_GROUP *group, size_t count, EC_POINT **points) {
    (void)group, (void)count, (void)points;
    return 0;
}

static inline int copenssl_EC_POINT_get_X_and_Z(
    const EC_GROUP *group, const EC_POINT *point, BIGNUM *x, BIGNUM *z, BN_CTX *context
) {
    (void)group, (void)point, (void)x, (void)z, (void)context;
    return 0;
}
#endif
#pragma clang diagnostic pop
