/* zcontext.h: the inside of zsock.h's context, for the sockets of this directory. */
#ifndef RUNG_COMMON_IO_ZCONTEXT_H
#define RUNG_COMMON_IO_ZCONTEXT_H

struct zcontext {
    void *zmq;
};

#endif
