/* leak.c: a trial whose memory grows and grows, in two processes. */
#include "tests/e2e/trials/contract.h"

int main(void)
{
    fork();
    for (;;) {
        void *piece = malloc(1 << 20);
        if (piece)
            memset(piece, 1, 1 << 20);
        usleep(1000);
    }
}
