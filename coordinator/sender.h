/* sender.h: whom a frame comes from, as far as it matters for what it may say. */
#ifndef RUNG_COORDINATOR_SENDER_H
#define RUNG_COORDINATOR_SENDER_H

#include <stdint.h>

#include "common/io/key.h"
#include "common/proto/role.h"

struct sender {
    uint64_t peer; /* the connection, to answer by */
    enum role role;
    char key[KEY_TEXT]; /* the public key that the connection proved; "": none was asked for, on this machine */
};

#endif
