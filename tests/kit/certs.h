/*
 * Certificates made for one test: an authority, a server's certificate that it signed, and a
 * client's. PEM files in a folder of their own.
 *
 * Life     kit_certs_new -> kit_certs_free, which removes the files. The key's password is
 *          KIT_KEY_PASSWORD for client_locked_key, none for the others.
 */
#ifndef TAILRACE_KIT_CERTS_H
#define TAILRACE_KIT_CERTS_H

#define KIT_KEY_PASSWORD "open sesame"

struct kit_certs {
    char folder[64];
    char authority[96];
    char other_authority[96]; /* signed nothing */
    char server[96], server_key[96];
    char expired[96], expired_key[96]; /* the same, until yesterday */
    char client[96], client_key[96], client_locked_key[96];
};

/* The server's certificate is for `name` alone: a name, or an address. */
struct kit_certs *kit_certs_new(const char *name);
void kit_certs_free(struct kit_certs **certs);

/* What its file's name begins with in a folder of authorities, as 8 hexadecimal digits. */
unsigned long kit_cert_hash(const char *file);

#endif
