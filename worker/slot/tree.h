/* tree.h: the processes below this one, as /proc shows them: killed to the last, and weighed.
 *
 * This process must be a subreaper (PR_SET_CHILD_SUBREAPER): whoever loses its parent then becomes its child, so that
 * killing the children again and again until there are none leaves nobody, whatever sessions they made.
 */
#ifndef RUNG_WORKER_SLOT_TREE_H
#define RUNG_WORKER_SLOT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Kills each child with its process group. Only children are killed, whose ids cannot be reused before they are waited
 * for; whoever that orphans is a child in the next round. */
void tree_kill_children(void);

/* Kills the children that are not spared and waits for them, again and again; gives up after a tenth of a second on
 * those that hang in the kernel. */
void tree_sweep(bool (*spares)(const void *context, pid_t child), const void *context);

/* Bytes that the children and all their descendants hold. Resident sizes are summed first, which is cheap and counts
 * shared pages once a process; only when they pass `limit` the proportional ones are, which are exact. */
int64_t tree_memory(int64_t limit);

/* How many processes the kernel has killed for memory since it started; -1: unknown. */
int64_t tree_oom_kills(void);

#endif
