#include "http/tls.h"

#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <uv.h>

#define SET(easy, option, value) CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK)

/* Authorities are kept between connections for this long; parsing a system's hundred and more
 * takes ten milliseconds. */
#define AUTHORITIES_KEPT_S 300L

/* ---- versions ---- */

struct version {
    const char *name;
    long least;
    long most;
};

static const struct version versions[] = {
    {"TLSv1", CURL_SSLVERSION_TLSv1_0, CURL_SSLVERSION_MAX_TLSv1_0},
    {"TLSv1.0", CURL_SSLVERSION_TLSv1_0, CURL_SSLVERSION_MAX_TLSv1_0},
    {"TLSv1.1", CURL_SSLVERSION_TLSv1_1, CURL_SSLVERSION_MAX_TLSv1_1},
    {"TLSv1.2", CURL_SSLVERSION_TLSv1_2, CURL_SSLVERSION_MAX_TLSv1_2},
    {"TLSv1.3", CURL_SSLVERSION_TLSv1_3, CURL_SSLVERSION_MAX_TLSv1_3},
};

/* NULL where there is none. */
static const struct version *version_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(versions); i++)
        if (slice_is_nocase(slice_of(name), versions[i].name))
            return &versions[i];
    return NULL;
}

static int check_version(const char *option, const char *name, char why[256])
{
    if (name == NULL || version_find(name) != NULL)
        return 0;
    snprintf(why, 256, "[tls] error: %s '%s' is none of TLSv1.0, TLSv1.1, TLSv1.2, TLSv1.3", option,
             name);
    return -EINVAL;
}

static int check_versions(const struct http_tls *tls, char why[256])
{
    int rc = check_version("min_version", tls->min_version, why);

    if (rc == 0)
        rc = check_version("max_version", tls->max_version, why);
    if (rc < 0 || tls->min_version == NULL || tls->max_version == NULL)
        return rc;
    if (version_find(tls->min_version)->least <= version_find(tls->max_version)->least)
        return 0;
    snprintf(why, 256, "[tls] error: min_version %s is above max_version %s", tls->min_version,
             tls->max_version);
    return -EINVAL;
}

/* ---- files ---- */

static int file_trouble(const char *option, const char *path, const char *trouble, char why[256])
{
    snprintf(why, 256, "[tls] error: %s '%s': %s", option, path, trouble);
    ERR_clear_error();
    return -EINVAL;
}

/* NULL with `why` filled. */
static BIO *file_open(const char *option, const char *path, char why[256])
{
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        file_trouble(option, path, uv_strerror(-errno), why);
        return NULL;
    }
    return BIO_new_fp(file, BIO_CLOSE);
}

/* The first certificate of a file, for X509_free; NULL with `why` filled. */
static X509 *cert_read(const char *option, const char *path, char why[256])
{
    BIO *file = file_open(option, path, why);
    X509 *cert;

    if (file == NULL)
        return NULL;
    cert = PEM_read_bio_X509(file, NULL, NULL, NULL);
    if (cert == NULL)
        file_trouble(option, path, "there is no certificate in PEM format in it", why);
    BIO_free(file);
    return cert;
}

static int on_password(char *into, int room, int is_writing, void *password)
{
    size_t len = password != NULL ? strlen(password) : 0;

    (void)is_writing;
    if (len == 0 || len > (size_t)room)
        return -1;
    memcpy(into, password, len);
    return (int)len;
}

static EVP_PKEY *key_read(const char *path, const char *password, char why[256])
{
    BIO *file = file_open("key_file", path, why);
    EVP_PKEY *key;

    if (file == NULL)
        return NULL;
    key = PEM_read_bio_PrivateKey(file, NULL, on_password, (void *)(uintptr_t)password);
    if (key == NULL)
        file_trouble("key_file", path,
                     password != NULL ? "there is no key in it that key_passwd opens"
                                      : "there is no key in it that opens without a key_passwd",
                     why);
    BIO_free(file);
    return key;
}

static int check_authorities(const struct http_tls *tls, char why[256])
{
    X509 *cert;
    DIR *folder;

    if (tls->ca_file != NULL) {
        cert = cert_read("ca_file", tls->ca_file, why);
        if (cert == NULL)
            return -EINVAL;
        X509_free(cert);
    }
    if (tls->ca_path != NULL) {
        folder = opendir(tls->ca_path);
        if (folder == NULL)
            return file_trouble("ca_path", tls->ca_path, uv_strerror(-errno), why);
        closedir(folder);
    }
    return 0;
}

/* A key may stand in the certificate's own file. */
static const char *key_path(const struct http_tls *tls)
{
    return tls->key_file != NULL ? tls->key_file : tls->crt_file;
}

static int check_own(const struct http_tls *tls, char why[256])
{
    X509 *cert = NULL;
    EVP_PKEY *key = NULL;
    int rc = -EINVAL;

    if (tls->crt_file == NULL && tls->key_file == NULL)
        return 0;
    if (tls->crt_file == NULL)
        return file_trouble("key_file", tls->key_file, "it needs its certificate, crt_file", why);
    cert = cert_read("crt_file", tls->crt_file, why);
    if (cert == NULL)
        goto out;
    key = key_read(key_path(tls), tls->key_passwd, why);
    if (key == NULL)
        goto out;
    rc = X509_check_private_key(cert, key) == 1
             ? 0
             : file_trouble("key_file", key_path(tls), "it is not the key of crt_file", why);
out:
    X509_free(cert);
    EVP_PKEY_free(key);
    return rc;
}

int tls_check(const struct http_tls *tls, char why[256])
{
    int rc = check_versions(tls, why);

    if (rc == 0 && tls->verify)
        rc = check_authorities(tls, why);
    if (rc == 0)
        rc = check_own(tls, why);
    return rc;
}

/* ---- for curl ---- */

static long version_bits(const struct http_tls *tls)
{
    long least = CURL_SSLVERSION_TLSv1_2;
    long most = CURL_SSLVERSION_MAX_DEFAULT;

    if (tls->max_version != NULL) {
        const struct version *version = version_find(tls->max_version);

        most = version->most;
        if (version->least < least)
            least = version->least;
    }
    if (tls->min_version != NULL)
        least = version_find(tls->min_version)->least;
    return least | most;
}

static void apply_authorities(const struct http_tls *tls, CURL *easy)
{
    SET(easy, CURLOPT_SSL_VERIFYPEER, tls->verify ? 1L : 0L);
    SET(easy, CURLOPT_SSL_VERIFYHOST, tls->verify && tls->verify_hostname ? 2L : 0L);
    SET(easy, CURLOPT_CA_CACHE_TIMEOUT, AUTHORITIES_KEPT_S);
    if (tls->ca_file != NULL || tls->ca_path != NULL)
        SET(easy, CURLOPT_CAINFO, tls->ca_file);
    SET(easy, CURLOPT_CAPATH, tls->ca_path);
}

void tls_apply(const struct http_tls *tls, void *easy)
{
    apply_authorities(tls, easy);
    SET(easy, CURLOPT_SSLVERSION, version_bits(tls));
    if (tls->crt_file != NULL) {
        SET(easy, CURLOPT_SSLCERT, tls->crt_file);
        SET(easy, CURLOPT_SSLKEY, key_path(tls));
        SET(easy, CURLOPT_KEYPASSWD, tls->key_passwd);
    }
    if (tls->ciphers != NULL && strncmp(tls->ciphers, "TLS_", 4) == 0)
        SET(easy, CURLOPT_TLS13_CIPHERS, tls->ciphers);
    else
        SET(easy, CURLOPT_SSL_CIPHER_LIST, tls->ciphers);
}
