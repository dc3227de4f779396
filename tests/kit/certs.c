#include "kit/certs.h"

#include "base/memory.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY_S (24L * 60 * 60)

struct party {
    EVP_PKEY *key;
    X509 *cert;
};

static void extension_add(X509 *cert, int kind, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);

    CHECK(extension != NULL);
    CHECK(X509_add_ext(cert, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void name_set(X509 *cert, const char *name)
{
    CHECK(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                                     (const unsigned char *)name, -1, -1, 0) == 1);
}

/* Good for `days` from now on, which may be over. `issuer` NULL: it signs itself. `alternative`:
 * "DNS:name", or NULL for an authority. */
static struct party party_lasting(long days, const char *name, const char *alternative,
                                  const struct party *issuer)
{
    static long serial = 1;
    struct party party = {.key = EVP_EC_gen("P-256"), .cert = X509_new()};
    const struct party *by = issuer != NULL ? issuer : &party;

    CHECK(party.key != NULL && party.cert != NULL);
    CHECK(X509_set_version(party.cert, X509_VERSION_3) == 1);
    CHECK(ASN1_INTEGER_set(X509_get_serialNumber(party.cert), serial++) == 1);
    CHECK(X509_gmtime_adj(X509_getm_notBefore(party.cert), -3 * DAY_S) != NULL);
    CHECK(X509_gmtime_adj(X509_getm_notAfter(party.cert), days * DAY_S) != NULL);
    CHECK(X509_set_pubkey(party.cert, party.key) == 1);
    name_set(party.cert, name);
    CHECK(X509_set_issuer_name(party.cert, X509_get_subject_name(by->cert)) == 1);
    extension_add(party.cert, NID_basic_constraints, issuer != NULL ? "CA:FALSE" : "CA:TRUE");
    if (alternative != NULL)
        extension_add(party.cert, NID_subject_alt_name, alternative);
    CHECK(X509_sign(party.cert, by->key, EVP_sha256()) > 0);
    return party;
}

static struct party party_new(const char *name, const char *alternative, const struct party *issuer)
{
    return party_lasting(1, name, alternative, issuer);
}

static void party_fini(struct party *party)
{
    EVP_PKEY_free(party->key);
    X509_free(party->cert);
}

static void cert_write(const char *path, const struct party *party)
{
    FILE *file = fopen(path, "we");

    CHECK(file != NULL);
    CHECK(PEM_write_X509(file, party->cert) == 1);
    CHECK(fclose(file) == 0);
}

static void key_write(const char *path, const struct party *party, const char *password)
{
    FILE *file = fopen(path, "we");

    CHECK(file != NULL);
    CHECK(PEM_write_PKCS8PrivateKey(file, party->key, password ? EVP_aes_128_cbc() : NULL, password,
                                    password ? (int)strlen(password) : 0, NULL, NULL) == 1);
    CHECK(fclose(file) == 0);
}

static void name_files(struct kit_certs *certs)
{
    snprintf(certs->folder, sizeof certs->folder, "/tmp/tailrace-certs-XXXXXX");
    CHECK(mkdtemp(certs->folder) != NULL);
#define NAME(field) snprintf(certs->field, sizeof certs->field, "%s/" #field, certs->folder)
    NAME(authority);
    NAME(other_authority);
    NAME(server);
    NAME(server_key);
    NAME(expired);
    NAME(expired_key);
    NAME(client);
    NAME(client_key);
    NAME(client_locked_key);
#undef NAME
}

static void server_make(struct kit_certs *certs, const char *name, const struct party *authority)
{
    bool is_address = name[strspn(name, "0123456789.:")] == '\0';
    char alternative[256];
    struct party server;

    snprintf(alternative, sizeof alternative, "%s:%s", is_address ? "IP" : "DNS", name);
    server = party_new("the server", alternative, authority);
    cert_write(certs->server, &server);
    key_write(certs->server_key, &server, NULL);
    party_fini(&server);
    server = party_lasting(-1, "the server of yesterday", alternative, authority);
    cert_write(certs->expired, &server);
    key_write(certs->expired_key, &server, NULL);
    party_fini(&server);
}

static void client_make(struct kit_certs *certs, const struct party *authority)
{
    struct party client = party_new("the client", NULL, authority);

    cert_write(certs->client, &client);
    key_write(certs->client_key, &client, NULL);
    key_write(certs->client_locked_key, &client, KIT_KEY_PASSWORD);
    party_fini(&client);
}

struct kit_certs *kit_certs_new(const char *name)
{
    struct kit_certs *certs = mem_zalloc(1, sizeof *certs);
    struct party authority = party_new("the authority", NULL, NULL);
    struct party other = party_new("another authority", NULL, NULL);

    name_files(certs);
    cert_write(certs->authority, &authority);
    cert_write(certs->other_authority, &other);
    server_make(certs, name, &authority);
    client_make(certs, &authority);
    party_fini(&authority);
    party_fini(&other);
    return certs;
}

void kit_certs_free(struct kit_certs **address)
{
    struct kit_certs *certs = *address;

    *address = NULL;
    if (certs == NULL)
        return;
    unlink(certs->authority);
    unlink(certs->other_authority);
    unlink(certs->server);
    unlink(certs->server_key);
    unlink(certs->expired);
    unlink(certs->expired_key);
    unlink(certs->client);
    unlink(certs->client_key);
    unlink(certs->client_locked_key);
    rmdir(certs->folder);
    mem_free(certs);
}

unsigned long kit_cert_hash(const char *path)
{
    FILE *file = fopen(path, "r");
    unsigned long hash;
    X509 *cert;

    CHECK(file != NULL);
    cert = PEM_read_X509(file, NULL, NULL, NULL);
    CHECK(cert != NULL);
    hash = X509_subject_name_hash(cert);
    X509_free(cert);
    fclose(file);
    return hash;
}
