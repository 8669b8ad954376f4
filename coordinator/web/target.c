#include "coordinator/web/target.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"

static int hex_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Decodes up to one of `ends` into *to, which moves behind the NUL it puts there. Returns where it ended, or NULL. */
static const char *decode(const char *from, const char *ends, bool is_query, char **to, struct err *e)
{
    char *begin = *to, *at = begin;
    for (; *from && !strchr(ends, *from); from++) {
        if (*from != '%') {
            *at++ = is_query && *from == '+' ? ' ' : *from;
            continue;
        }
        int high = hex_of(from[1]), low = high < 0 ? -1 : hex_of(from[2]);
        if (low < 0) {
            err_set(e, ERR_INVALID, "the address has a %% that no two hexadecimal digits follow");
            return NULL;
        }
        *at++ = (char)(high * 16 + low);
        from += 2;
    }
    for (const char *c = begin; c < at; c++)
        if ((unsigned char)*c < ' ' || *c == 127) {
            err_set(e, ERR_INVALID, "the address has a control character");
            return NULL;
        }
    if (!str_is_utf8(begin, (size_t)(at - begin))) {
        err_set(e, ERR_INVALID, "the address is not UTF-8");
        return NULL;
    }
    *at++ = '\0';
    *to = at;
    return from;
}

static const char *parse_path(const char *text, struct target *t, char **to, struct err *e)
{
    if (*text != '/') {
        err_set(e, ERR_INVALID, "the address is no path");
        return NULL;
    }
    while (*text == '/' && text[1] && text[1] != '?') {
        const char *segment = *to;
        if (t->n_segments == TARGET_SEGMENTS) {
            err_set(e, ERR_LIMIT, "the path has more than %d parts", TARGET_SEGMENTS);
            return NULL;
        }
        if (!(text = decode(text + 1, "/?", false, to, e)))
            return NULL;
        if (!*segment || strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0 || strchr(segment, '/')) {
            err_set(e, ERR_INVALID, "the path has a part that is empty, a dot or two, or has a slash");
            return NULL;
        }
        t->segments[t->n_segments++] = segment;
    }
    return *text == '/' ? text + 1 : text;
}

static int parse_param(const char **text, struct target *t, char **to, struct err *e)
{
    static const char nothing[] = "";
    struct target_param p = { *to, nothing };
    if (t->n_params == TARGET_PARAMS)
        return err_set(e, ERR_LIMIT, "more than %d parameters", TARGET_PARAMS);
    const char *end = decode(*text, "=&", true, to, e);
    if (end && *end == '=') {
        p.value = *to;
        end = decode(end + 1, "&", true, to, e);
    }
    if (!end)
        return -1;
    if (!*p.name)
        return err_set(e, ERR_INVALID, "a parameter has no name");
    if (target_param(t, p.name))
        return err_set(e, ERR_INVALID, "the parameter \"%s\" comes twice", p.name);
    t->params[t->n_params++] = p;
    *text = *end ? end + 1 : end;
    return 0;
}

int target_parse(const char *text, struct target *out, struct err *e)
{
    char *to = out->bytes;
    out->n_segments = out->n_params = 0;
    if (strlen(text) > TARGET_BYTES / 2 - 2) /* each byte but the separators gives one, and each piece a NUL */
        return err_set(e, ERR_LIMIT, "the address has more than %d bytes", TARGET_BYTES / 2 - 2);
    text = parse_path(text, out, &to, e);
    if (!text)
        return -1;
    if (*text && *text != '?')
        return err_set(e, ERR_INVALID, "the path has a part that is empty");
    for (text += *text == '?'; *text;)
        if (parse_param(&text, out, &to, e) < 0)
            return -1;
    return 0;
}

const char *target_param(const struct target *t, const char *name)
{
    for (int i = 0; i < t->n_params; i++)
        if (strcmp(t->params[i].name, name) == 0)
            return t->params[i].value;
    return NULL;
}

static bool is_digits(const char *text)
{
    size_t n = strspn(text, "0123456789");
    return n > 0 && n <= 18 && !text[n];
}

int target_int(const struct target *t, const char *name, int64_t low, int64_t high, int64_t *out, struct err *e)
{
    const char *text = target_param(t, name);
    if (!text)
        return 0;
    int64_t value = is_digits(text) ? strtoll(text, NULL, 10) : -1;
    if (value < low || value > high)
        return err_set(e, ERR_INVALID, "%s=%s: a whole number from %lld to %lld is expected", name, text,
            (long long)low, (long long)high);
    *out = value;
    return 0;
}

int target_matches(const struct target *t, const char *pattern)
{
    for (int i = 0; i < t->n_segments; i++) {
        size_t len = strcspn(pattern, "/");
        const char *s = t->segments[i];
        bool is_number = len == 1 && *pattern == '#', is_any = len == 1 && *pattern == '*';
        if (len == 0 || (is_number && (!is_digits(s) || *s == '0')) ||
            (!is_any && !is_number && (strlen(s) != len || memcmp(s, pattern, len) != 0)))
            return 0;
        pattern += len + (pattern[len] == '/');
    }
    return !*pattern;
}

int target_check_params(const struct target *t, const char *allowed, struct err *e)
{
    for (int i = 0; i < t->n_params; i++) {
        const char *name = t->params[i].name, *at = allowed;
        while (*at && !(str_starts(at, name) && (at[strlen(name)] == ',' || !at[strlen(name)]))) {
            at += strcspn(at, ",");
            at += *at == ',';
        }
        if (!*at)
            return err_set(e, ERR_INVALID, "there is no parameter \"%s\" here; there %s%s", name,
                *allowed ? "are " : "is none", allowed);
    }
    return 0;
}
