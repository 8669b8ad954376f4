#include "common/io/invitation.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <zmq.h>

#include "common/base/crc32c.h"

enum { CRC = 4, KEY = 32, FIXED = CRC + 2 * KEY, MAX_WORD = 1024 };

/* ---- base64url (RFC 4648, 5), of multiples of three bytes ---- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void add_base64(struct str *out, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i += 3) {
        uint32_t three = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            str_add_char(out, letters[three >> shift & 63]);
    }
}

/* False for a letter that is none. `len` letters, a multiple of four, into len / 4 * 3 bytes. */
static bool read_base64(const char *text, size_t len, unsigned char *bytes)
{
    for (size_t i = 0; i < len; i += 4) {
        uint32_t three = 0;
        for (size_t j = i; j < i + 4; j++) {
            const char *at = text[j] ? strchr(letters, text[j]) : NULL;
            if (!at)
                return false;
            three = three << 6 | (uint32_t)(at - letters);
        }
        for (int k = 0; k < 3; k++)
            *bytes++ = (unsigned char)(three >> (16 - 8 * k));
    }
    return true;
}

/* ---- the word ---- */

static void put_crc(unsigned char *bytes, size_t len)
{
    uint32_t crc = crc32c(0, bytes + CRC, len - CRC);
    for (int i = 0; i < CRC; i++)
        bytes[i] = (unsigned char)(crc >> 8 * i);
}

void invitation_write(const struct key *k, struct str *out)
{
    unsigned char bytes[FIXED + ADDRESS_TEXT + LIMIT_NAME + 4] = { 0 };
    size_t address = strlen(k->address) + 1, name = strlen(k->name) + 1;
    size_t len = (FIXED + address + name + 2) / 3 * 3;
    assert(len <= sizeof bytes && *k->address && *k->name);
    zmq_z85_decode(bytes + CRC, k->server_key);
    zmq_z85_decode(bytes + CRC + KEY, k->secret_key);
    memcpy(bytes + FIXED, k->address, address);
    memcpy(bytes + FIXED + address, k->name, name);
    put_crc(bytes, len);
    str_add(out, INVITATION_MARK);
    add_base64(out, bytes, len);
    explicit_bzero(bytes, sizeof bytes);
}

static int unpack(const unsigned char *bytes, size_t len, struct key *k, struct err *e)
{
    unsigned char crc[CRC + MAX_WORD];
    if (len <= FIXED || len > MAX_WORD)
        return err_set(e, ERR_INVALID, "it is too short or too long: was all of it pasted?");
    memcpy(crc, bytes, len);
    put_crc(crc, len);
    bool is_sound = memcmp(crc, bytes, CRC) == 0;
    explicit_bzero(crc, sizeof crc);
    const char *address = (const char *)bytes + FIXED, *end = (const char *)bytes + len;
    const char *name = memchr(address, '\0', (size_t)(end - address));
    if (!is_sound || !name || !memchr(name + 1, '\0', (size_t)(end - name - 1)))
        return err_set(e, ERR_INVALID, "a letter is missing or wrong in it: was all of it pasted?");
    k->role = ROLE_WORKER;
    zmq_z85_encode(k->server_key, bytes + CRC, KEY);
    zmq_z85_encode(k->secret_key, bytes + CRC + KEY, KEY);
    str_copy(k->address, sizeof k->address, address);
    str_copy(k->name, sizeof k->name, name + 1);
    struct address place;
    if (!key_is_name(k->name) || address_parse(k->address, &place, e) < 0)
        return err_set(e, ERR_INVALID, "what it names is no address");
    return key_derive_public(k, e);
}

int invitation_read(const char *word, struct key *out, struct err *e)
{
    struct key k = { 0 };
    size_t mark = strlen(INVITATION_MARK), len = strlen(word);
    if (!str_starts(word, INVITATION_MARK) || len > MAX_WORD || (len - mark) % 4 != 0)
        return err_set(e, ERR_INVALID,
            "it is no invitation, or was cut: rung invite prints one that begins with " INVITATION_MARK);
    unsigned char bytes[MAX_WORD];
    int status = read_base64(word + mark, len - mark, bytes)
                     ? unpack(bytes, (len - mark) / 4 * 3, &k, e)
                     : err_set(e, ERR_INVALID, "a letter in it is none of an invitation: was all of it pasted?");
    if (status == 0)
        *out = k;
    explicit_bzero(bytes, sizeof bytes);
    key_wipe(&k);
    return status;
}
