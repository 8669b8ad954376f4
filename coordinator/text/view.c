#include "coordinator/text/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void view_duration(struct str *out, int64_t milliseconds)
{
    long long s = milliseconds / 1000;
    if (s >= 48 * 3600)
        str_addf(out, "%lld d %lld h", s / 86400, s / 3600 % 24);
    else if (s >= 3600)
        str_addf(out, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else
        str_addf(out, "%lld:%02lld", s / 60, s % 60);
}

/* 0 < value < 1e5, at least 1e-4: as %.5g, in a quarter of its time; tables have many of them. */
static void add_plain_number(struct str *out, double value)
{
    int decimals = 4;
    double scale = 1e4;
    char digits[24];
    for (double at = 1; value < at && decimals < 8; at /= 10, decimals++)
        scale *= 10;
    for (double at = 10; value >= at && decimals > 0; at *= 10, decimals--)
        scale /= 10;
    long long whole = llround(value * scale);
    int len = (int)sizeof digits;
    bool is_zero = true; /* so far, from the right */
    for (int i = 0; i <= decimals || whole > 0; i++, whole /= 10) {
        if (i == decimals && !is_zero)
            digits[--len] = '.';
        is_zero = is_zero && whole % 10 == 0 && i < decimals;
        if (!is_zero)
            digits[--len] = (char)('0' + whole % 10);
    }
    str_add_bytes(out, digits + len, sizeof digits - (size_t)len);
}

void view_number(struct str *out, double value)
{
    if (fabs(value) < 1e15 && value == floor(value))
        str_addf(out, "%.0f", value);
    else if (fabs(value) >= 1e-4 && fabs(value) < 99999) {
        str_add(out, value < 0 ? "-" : "");
        add_plain_number(out, fabs(value));
    } else
        str_addf(out, "%.5g", value);
}

static void add_value(struct str *out, json_value v)
{
    if (json_type(v) == JSON_NUMBER)
        view_number(out, json_number(v));
    else if (json_type(v) == JSON_TEXT)
        str_add(out, json_text(v));
    else {
        struct str json = { 0 }; /* its own: json_print would put a comma behind what stands in `out` */
        json_print(&json, v);
        str_add(out, str_text(&json));
        str_deinit(&json);
    }
}

int view_width(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* A control character, as one byte or as the two bytes of U+0080 to U+009F, which a terminal might obey. */
static bool is_control(const char *text)
{
    unsigned char c = (unsigned char)text[0], next = (unsigned char)text[1];
    return c < 32 || c == 127 || (c == 0xC2 && next >= 0x80 && next < 0xA0);
}

void view_text(struct str *out, const char *text, int columns)
{
    const char *run = text; /* what is not added yet */
    for (int used = 0; *text; text++) {
        used += ((unsigned char)*text & 0xC0) != 0x80;
        if (used > columns)
            break;
        if (!is_control(text))
            continue;
        str_add_bytes(out, run, (size_t)(text - run));
        str_add_char(out, '?');
        text += (unsigned char)*text == 0xC2;
        run = text + 1;
    }
    str_add_bytes(out, run, (size_t)(text - run));
}

void view_pairs(struct str *out, json_value object, int indent, int columns)
{
    struct str pair = { 0 };
    int used = 0;
    for (json_value v = json_first(object); v; v = json_next(v)) {
        str_clear(&pair);
        str_addf(&pair, "%s ", json_key(v));
        add_value(&pair, v);
        int width = view_width(pair.text);
        if (used && used + 2 + width > columns) {
            str_add_char(out, '\n');
            used = 0;
        }
        str_addf(out, "%*s", used ? 2 : indent, "");
        view_text(out, pair.text, columns - indent);
        used += (used ? 2 : indent) + width;
    }
    str_deinit(&pair);
}
