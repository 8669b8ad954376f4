#include "coordinator/ask/cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/proto/json.h"
#include "coordinator/text/view.h"

bool cell_is_number(const struct cell *c)
{
    bool is_json_number = c->kind == CELL_JSON && *c->text && strchr("-0123456789", *c->text);
    return c->kind == CELL_INT || c->kind == CELL_NUMBER || is_json_number;
}

static void add_whole(struct str *out, int64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)value);
    str_add(out, digits);
}

/* ---- for eyes ---- */

/* Adds the JSON value at p without quotes, a number shortened; returns what is behind it. */
static const char *add_shortened(struct str *out, const char *p)
{
    if (*p == '"') {
        for (p++; *p && *p != '"'; p++) {
            size_t run = strcspn(p, "\\\"");
            str_add_bytes(out, p, run);
            p += run;
            if (*p != '\\' || !p[1])
                return p + (*p == '"');
            str_add_char(out, *++p);
        }
        return p + (*p == '"');
    }
    size_t len = strcspn(p, ",}");
    char *end;
    double number = strtod(p, &end);
    if (end == p + len && len > 6)
        view_number(out, number);
    else
        str_add_bytes(out, p, len);
    return p + len;
}

/* {"hidden_size":64,"dropout":0.2} */
static void add_pairs(struct str *out, const char *p)
{
    for (const char *glue = ""; *p && *++p == '"'; glue = " ") {
        str_add(out, glue);
        p = add_shortened(out, p);
        str_add_char(out, '=');
        p = add_shortened(out, p + (*p == ':'));
    }
}

void cell_add_text(const struct cell *c, struct str *out)
{
    switch (c->kind) {
    case CELL_NULL:
        str_add_char(out, '-');
        break;
    case CELL_INT:
        add_whole(out, c->whole);
        break;
    case CELL_NUMBER:
        view_number(out, c->number);
        break;
    case CELL_TEXT:
        str_add(out, c->text);
        break;
    case CELL_JSON:
        if (*c->text == '{')
            add_pairs(out, c->text);
        else
            add_shortened(out, c->text);
        break;
    }
}

/* ---- for programs ---- */

void cell_put_json(const struct cell *c, struct str *out)
{
    switch (c->kind) {
    case CELL_NULL:
        str_add(out, "null");
        break;
    case CELL_INT:
        add_whole(out, c->whole);
        break;
    case CELL_NUMBER:
        if (isfinite(c->number))
            json_put_number(out, c->number);
        else
            str_add(out, "null");
        break;
    case CELL_TEXT:
        json_put_text(out, c->text);
        break;
    case CELL_JSON:
        str_add(out, c->text);
        break;
    }
}

void cell_add_csv_text(struct str *out, const char *text)
{
    bool is_formula = *text && strchr("=+-@\t\r", *text);
    if (!is_formula && !strpbrk(text, ",\"\r\n")) {
        str_add(out, text);
        return;
    }
    str_add(out, is_formula ? "\"'" : "\"");
    for (; *text; text++) {
        if (*text == '"')
            str_add_char(out, '"');
        str_add_char(out, *text);
    }
    str_add_char(out, '"');
}

static void add_csv_json(const struct cell *c, struct str *out)
{
    if (cell_is_number(c) || *c->text != '"') { /* a number, true, false; a whole configuration stays JSON */
        if (*c->text == '{')
            cell_add_csv_text(out, c->text);
        else
            str_add(out, c->text);
        return;
    }
    struct json_doc *doc = json_parse(c->text, strlen(c->text), NULL);
    if (doc)
        cell_add_csv_text(out, json_text(json_root(doc)));
    json_free(doc);
}

void cell_add_csv(const struct cell *c, struct str *out)
{
    struct str number = { 0 };
    switch (c->kind) {
    case CELL_NULL:
        break;
    case CELL_INT:
        add_whole(out, c->whole);
        break;
    case CELL_NUMBER: /* of its own, since a comma would be due behind what is there */
        if (isfinite(c->number))
            json_put_number(&number, c->number);
        str_add(out, str_text(&number));
        break;
    case CELL_TEXT:
        cell_add_csv_text(out, c->text);
        break;
    case CELL_JSON:
        add_csv_json(c, out);
        break;
    }
    str_deinit(&number);
}
