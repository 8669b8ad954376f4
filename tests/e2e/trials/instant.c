/* instant.c: a trial that returns at once: it reports its budget, says done, and is gone. */
#include "tests/e2e/trials/contract.h"

int main(void)
{
    if (!contract_next())
        return 1;
    contract_say("{\"step\":%ld,\"metrics\":{\"%s\":0.5}}", contract_number("budget_to", 1), contract_text("metric"));
    contract_say("{\"done\":true}");
    return 0;
}
