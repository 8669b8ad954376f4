#include "common/io/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base/mem.h"

struct hash {
    EVP_MD_CTX *sha;
};

/* libcrypto fails here for lack of memory alone. */
static void must(int is_good)
{
    if (!is_good)
        abort();
}

struct hash *hash_new(void)
{
    struct hash *h = mem_zalloc(1, sizeof *h);
    h->sha = EVP_MD_CTX_new();
    must(h->sha && EVP_DigestInit_ex(h->sha, EVP_sha256(), NULL));
    return h;
}

void hash_free(struct hash *h)
{
    if (!h)
        return;
    EVP_MD_CTX_free(h->sha);
    free(h);
}

void hash_add(struct hash *h, const void *bytes, size_t len)
{
    must(EVP_DigestUpdate(h->sha, bytes, len));
}

void hash_finish(struct hash *h, char hex[HASH_HEX])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned len;
    must(EVP_DigestFinal_ex(h->sha, sum, &len) && EVP_DigestInit_ex(h->sha, EVP_sha256(), NULL));
    assert(len == 32);
    for (unsigned i = 0; i < len; i++) {
        hex[2 * i] = digits[sum[i] >> 4];
        hex[2 * i + 1] = digits[sum[i] & 15];
    }
    hex[HASH_HEX - 1] = '\0';
}

void hash_bytes(const void *bytes, size_t len, char hex[HASH_HEX])
{
    struct hash *h = hash_new();
    hash_add(h, bytes, len);
    hash_finish(h, hex);
    hash_free(h);
}

bool hash_is_hex(const char *text)
{
    return text && strspn(text, "0123456789abcdef") == HASH_HEX - 1 && text[HASH_HEX - 1] == '\0';
}
