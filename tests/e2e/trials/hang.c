/* hang.c: a trial that does nothing and heeds nothing, SIGTERM neither. */
#include <signal.h>

#include "tests/e2e/trials/contract.h"

int main(void)
{
    signal(SIGTERM, SIG_IGN);
    contract_say("{\"step\":1,\"metrics\":{}}");
    for (;;)
        pause();
}
