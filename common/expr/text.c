#include "common/expr/text.h"

#include <stddef.h>
#include <string.h>

/* Behind the quoted text at p, whose quote is doubled to stand for itself; NULL when it does not end. */
static const char *skip_quoted(const char *p)
{
    char quote = *p++;
    for (; *p; p++) {
        if (*p != quote)
            continue;
        if (p[1] != quote)
            return p + 1;
        p++;
    }
    return NULL;
}

static const char *refusal_of(const char *p)
{
    if (*p == ';')
        return "a second statement: expected one expression without ;";
    if ((p[0] == '-' && p[1] == '-') || (p[0] == '/' && p[1] == '*'))
        return "a comment: expected one expression";
    if (strchr("?:@$#", *p))
        return "a bound parameter: expected parameters by their names alone";
    if (strchr("[]`", *p))
        return "a bracket or backquote: expected names as they are, or in double quotes";
    return NULL;
}

const char *text_refusal(const char *text)
{
    int depth = 0;
    for (const char *p = text; *p;) {
        if (*p == '\'' || *p == '"') {
            p = skip_quoted(p);
            if (!p)
                return "a quote that does not end";
            continue;
        }
        const char *why = refusal_of(p);
        if (why)
            return why;
        depth += (*p == '(') - (*p == ')');
        if (depth < 0)
            return "a closing parenthesis without its opening one";
        p++;
    }
    return depth == 0 ? NULL : "an opening parenthesis without its closing one";
}
