#include "coordinator/store/secrets.h"

#include <string.h>

#include "common/io/files.h"
#include "common/io/hash.h"
#include "common/io/system.h"

#define FILE_BYTES 256

struct secret {
    const char *name;
    char *text;
    size_t len;
};

static void list(struct secrets *g, struct secret out[3])
{
    out[0] = (struct secret){ "operator", g->operator, SECRETS_TOKEN_CHARS };
    out[1] = (struct secret){ "viewer", g->viewer, SECRETS_TOKEN_CHARS };
    out[2] = (struct secret){ "key", g->key, SECRETS_KEY_CHARS };
}

static void add_path(const char *store, const char *name, struct str *path)
{
    str_addf(path, "%s/web/%s", store, name);
}

static int read_secret(const char *store, const struct secret *s, struct err *e)
{
    struct str path = { 0 }, text = { 0 };
    add_path(store, s->name, &path);
    int status = file_read(path.text, FILE_BYTES, &text, e);
    while (text.len && text.text[text.len - 1] == '\n')
        text.text[--text.len] = '\0';
    if (status == 0 && (text.len != s->len || strspn(text.text, "0123456789abcdef") != s->len))
        status = err_set(e, ERR_CORRUPT,
            "%s: %zu hexadecimal digits are expected; remove it, and the next start makes another", path.text, s->len);
    if (status == 0)
        memcpy(s->text, text.text, s->len + 1);
    str_deinit(&path);
    str_deinit(&text);
    return status;
}

static int make_secret(const char *store, const struct secret *s, struct err *e)
{
    uint64_t random[4];
    char hex[HASH_HEX];
    struct str path = { 0 };
    for (int i = 0; i < 4; i++)
        random[i] = system_random_id();
    hash_bytes(random, sizeof random, hex);
    memcpy(s->text, hex, s->len);
    s->text[s->len] = '\0';
    add_path(store, s->name, &path);
    int status = file_write(path.text, s->text, s->len, 0600, e);
    str_deinit(&path);
    return status;
}

int secrets_read(const char *store, struct secrets *out, struct err *e)
{
    struct secret secrets[3];
    list(out, secrets);
    for (int i = 0; i < 3; i++)
        if (read_secret(store, &secrets[i], e) < 0)
            return -1;
    return 0;
}

int secrets_prepare(const char *store, struct secrets *out, struct err *e)
{
    struct secret secrets[3];
    struct str dir = { 0 };
    list(out, secrets);
    add_path(store, "", &dir);
    int status = file_make_directory(dir.text, 0700, e);
    str_deinit(&dir);
    for (int i = 0; i < 3 && status == 0; i++) {
        status = read_secret(store, &secrets[i], e);
        if (status < 0 && e->code == ERR_NOT_FOUND)
            status = make_secret(store, &secrets[i], e);
    }
    return status;
}

int secrets_write_address(const char *store, const char *address, struct err *e)
{
    struct str path = { 0 };
    add_path(store, "address", &path);
    int status = file_write(path.text, address, strlen(address), 0600, e);
    str_deinit(&path);
    return status;
}

int secrets_read_address(const char *store, struct str *out, struct err *e)
{
    struct str path = { 0 };
    add_path(store, "address", &path);
    int status = file_read(path.text, FILE_BYTES, out, e);
    str_deinit(&path);
    return status;
}
