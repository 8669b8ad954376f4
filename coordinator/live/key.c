#include "coordinator/live/key.h"

int key_parse(const char *bytes, size_t len, size_t *at)
{
    size_t left = len - *at;
    const char *key = bytes + *at;
    if (*key != KEY_ESCAPE || left < 2 || (key[1] != '[' && key[1] != 'O')) {
        ++*at;
        return *key == '\r' ? KEY_ENTER : (unsigned char)*key;
    }
    size_t end = 2;
    while (end < left && !(key[end] >= '@' && key[end] <= '~'))
        end++;
    *at += end < left ? end + 1 : left;
    return end != 2 || end >= left ? KEY_NONE : key[2] == 'A' ? KEY_UP : key[2] == 'B' ? KEY_DOWN : KEY_NONE;
}
