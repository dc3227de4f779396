#include "http/tls.h"

#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#define SET(easy, option, value) CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK)

/* Authorities are kept between connections for this long; parsing a system's hundred and more
 * takes ten milliseconds. */
#define AUTHORITIES_KEPT_S 300L

#define TLS_WORDS_MAX 256

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

/* ---- faults ---- */

struct inquest {
    http_tls_fault_fn *tell;
    void *owner;
    unsigned count;
};

static void found(struct inquest *inquest, const char *key, const char *value, const char *trouble)
{
    struct http_tls_fault fault = {.key = key, .value = value, .trouble = trouble};

    inquest->count++;
    inquest->tell(inquest->owner, &fault);
    ERR_clear_error();
}

static void check_version(struct inquest *inquest, const char *key, const char *name)
{
    if (name != NULL && version_find(name) == NULL)
        found(inquest, key, name, "it is none of TLSv1.0, TLSv1.1, TLSv1.2, TLSv1.3");
}

static void check_versions(struct inquest *inquest, const struct http_tls *tls)
{
    const struct version *least, *most;

    check_version(inquest, "min_version", tls->min_version);
    check_version(inquest, "max_version", tls->max_version);
    least = tls->min_version != NULL ? version_find(tls->min_version) : NULL;
    most = tls->max_version != NULL ? version_find(tls->max_version) : NULL;
    if (least != NULL && most != NULL && least->least > most->least)
        found(inquest, "min_version", tls->min_version, "it is above max_version");
}

/* ---- files ---- */

/* NULL when it cannot be read, which was told. */
static BIO *file_open(struct inquest *inquest, const char *key, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* nobody waits for who writes a FIFO */
    struct stat facts;

    if (fd < 0 || fstat(fd, &facts) < 0)
        found(inquest, key, path, uv_strerror(-errno));
    else if (S_ISFIFO(facts.st_mode))
        found(inquest, key, path, "it is a FIFO, not a file");
    else
        return BIO_new_fp(fdopen(fd, "r"), BIO_CLOSE);
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* The first certificate of a file, for X509_free; NULL when there is none, which was told. */
static X509 *cert_read(struct inquest *inquest, const char *key, const char *path)
{
    BIO *file = file_open(inquest, key, path);
    X509 *cert;

    if (file == NULL)
        return NULL;
    cert = PEM_read_bio_X509(file, NULL, NULL, NULL);
    if (cert == NULL)
        found(inquest, key, path, "there is no certificate in PEM format in it");
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

/* Where the key stands: a file of its own, or the certificate's. */
struct key_place {
    const char *key, *path;
};

static struct key_place key_place(const struct http_tls *tls)
{
    if (tls->key_file != NULL)
        return (struct key_place){"key_file", tls->key_file};
    return (struct key_place){"crt_file", tls->crt_file};
}

static EVP_PKEY *key_read(struct inquest *inquest, const struct http_tls *tls)
{
    struct key_place place = key_place(tls);
    BIO *file = file_open(inquest, place.key, place.path);
    EVP_PKEY *key;

    if (file == NULL)
        return NULL;
    key = PEM_read_bio_PrivateKey(file, NULL, on_password, (void *)(uintptr_t)tls->key_passwd);
    if (key == NULL)
        found(inquest, place.key, place.path,
              tls->key_passwd != NULL ? "there is no key in it that key_passwd opens"
                                      : "there is no key in it that opens without a key_passwd");
    BIO_free(file);
    return key;
}

static void check_authorities(struct inquest *inquest, const struct http_tls *tls)
{
    DIR *folder;

    if (tls->ca_file != NULL)
        X509_free(cert_read(inquest, "ca_file", tls->ca_file));
    if (tls->ca_path == NULL)
        return;
    folder = opendir(tls->ca_path);
    if (folder == NULL)
        found(inquest, "ca_path", tls->ca_path, uv_strerror(-errno));
    else
        closedir(folder);
}

static void check_own(struct inquest *inquest, const struct http_tls *tls)
{
    struct key_place place = key_place(tls);
    X509 *cert = NULL;
    EVP_PKEY *key = NULL;

    if (place.path == NULL)
        return;
    if (tls->crt_file != NULL)
        cert = cert_read(inquest, "crt_file", tls->crt_file);
    else
        found(inquest, "key_file", tls->key_file, "it needs its certificate, crt_file");
    if (tls->key_file != NULL || cert != NULL)
        key = key_read(inquest, tls);
    if (cert != NULL && key != NULL && X509_check_private_key(cert, key) != 1)
        found(inquest, place.key, place.path, "it is not the key of crt_file");
    X509_free(cert);
    EVP_PKEY_free(key);
}

unsigned http_tls_faults(const struct http_tls *tls, http_tls_fault_fn *tell, void *owner)
{
    struct inquest inquest = {.tell = tell, .owner = owner};

    check_versions(&inquest, tls);
    if (tls->verify)
        check_authorities(&inquest, tls);
    check_own(&inquest, tls);
    return inquest.count;
}

/* The first of them is said. */
static void keep_first(void *owner, const struct http_tls_fault *fault)
{
    char *why = owner;

    if (why[0] == '\0')
        snprintf(why, TLS_WORDS_MAX, "[tls] error: %s '%s': %s", fault->key, fault->value,
                 fault->trouble);
}

int tls_check(const struct http_tls *tls, char why[TLS_WORDS_MAX])
{
    why[0] = '\0';
    return http_tls_faults(tls, keep_first, why) == 0 ? 0 : -EINVAL;
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
        SET(easy, CURLOPT_SSLKEY, key_place(tls).path);
        SET(easy, CURLOPT_KEYPASSWD, tls->key_passwd);
    }
    if (tls->ciphers != NULL && strncmp(tls->ciphers, "TLS_", 4) == 0)
        SET(easy, CURLOPT_TLS13_CIPHERS, tls->ciphers);
    else
        SET(easy, CURLOPT_SSL_CIPHER_LIST, tls->ciphers);
}
